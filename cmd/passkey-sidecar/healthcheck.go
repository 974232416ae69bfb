package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// healthPatience is how long the answer may take.
const healthPatience = 5 * time.Second

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "healthcheck",
		Usage: "<url>",
		Short: "Gets a URL and exits 0 if that works",
		Long: `
Gets a URL and exits 0 if the answer is a success or a redirect (200 to 399),
which it does not follow. Otherwise it says why and exits 1. It waits for 5
seconds. It is for containers that have no shell and no curl.`,
		CobraFunc: func(cmd *cobra.Command) {
			cmd.Args = cobra.ExactArgs(1)
			cmd.RunE = caddycmd.WrapCommandFuncForCobra(healthcheck)
		},
	})
}

func healthcheck(flags caddycmd.Flags) (int, error) {
	if err := ask(context.Background(), flags.Arg(0)); err != nil {
		return caddy.ExitCodeFailedStartup, err // 1
	}
	return caddy.ExitCodeSuccess, nil
}

// ask gets a URL and says what is wrong with the answer.
func ask(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil {
		return err
	}
	if res.StatusCode < http.StatusOK || res.StatusCode >= http.StatusBadRequest {
		return errors.New(url + " answers " + fmt.Sprint(res.StatusCode))
	}
	return nil
}
