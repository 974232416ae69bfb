package main

import (
	"context"
	"fmt"
	"time"
)

// The product gives each user 20 connect tokens at once.
const (
	tokenUsers   = 12
	tokensOfUser = 18
)

// connectToken measures what the sidecar adds to Corbado's own answer: each
// request for a token through it has beside it one that goes straight to the
// stand-in, with the body that the sidecar sends. One at a time, so nothing
// queues.
func (b *bench) connectToken(ctx context.Context) ([]result, error) {
	s, err := b.startSidecar(ctx, scopes, "")
	if err != nil {
		return nil, err
	}
	defer s.end()
	direct, err := dial(ctx, b.upstream)
	if err != nil {
		return nil, err
	}
	defer func() { _ = direct.Close() }()
	through, err := dial(ctx, s.addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = through.Close() }()

	straight := post(b.upstream, tokensPath, "Authorization: Basic cHJvLTEyMzQ1Njc4OTA6eA==\r\nAccept: application/json\r\n",
		`{"type":"passkey-list","data":{"identifier":"00u0123456789abcdefg"},"maxLifetimeInSeconds":1800}`)
	var with, without []float64
	for i, login := range requesters(tokenUsers) {
		cookie, err := b.org.signIn(ctx, s.addr, login)
		if err != nil {
			return nil, err
		}
		b.progress("token: user %d of %d", i+1, tokenUsers)
		ours := post(s.addr, "/passkeys/connect-token",
			"Origin: http://"+s.addr+"\r\nSec-Fetch-Site: same-origin\r\nAccept: application/json\r\nCookie: "+cookie+"\r\n", `{"type":"passkey-list"}`)
		for n := range tokensOfUser {
			d, err := direct.timed(straight)
			if err != nil {
				return nil, err
			}
			t, err := through.timed(ours)
			if err != nil {
				return nil, fmt.Errorf("%w\n%s", err, s.lastWords())
			}
			if i == 0 && n < 5 {
				continue // connections are made
			}
			without, with = append(without, d), append(with, t)
		}
	}
	return []result{
		{What: "time added to Corbado's answer on connect-token", Unit: "ms", Budget: 1, spread: spreadOf(pairwise(with, without, difference))},
		{What: "  stand-in alone", Unit: "ms", spread: spreadOf(without)},
		{What: "  through the sidecar", Unit: "ms", spread: spreadOf(with)},
	}, nil
}

// timed is exchange with a stopwatch, in milliseconds.
func (c *conn) timed(request []byte) (float64, error) {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	begin := time.Now()
	status, err := c.exchange(request)
	took := milliseconds(time.Since(begin))
	if err == nil && status != 200 {
		err = fmt.Errorf("answered %d, not 200", status)
	}
	return took, err
}
