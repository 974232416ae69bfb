package signout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// claimSet is a token's claims, by their exact names: decoding into a struct
// would take "Nonce" for "nonce".
type claimSet map[string]json.RawMessage

// readClaims reads the payload of a token: one JSON object.
func readClaims(payload []byte) (claimSet, error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	var c claimSet
	if err := decoder.Decode(&c); err != nil || c == nil || decoder.More() {
		return nil, errors.New("the token's payload is not a JSON object")
	}
	return c, nil
}

// text returns a claim that must be a string if it is there. maxName bounds it.
func (c claimSet) text(name string) (string, error) {
	raw, present := c[name]
	if !present {
		return "", nil
	}
	var s *string
	if json.Unmarshal(raw, &s) != nil || s == nil || len(*s) > maxName {
		return "", fmt.Errorf("%s is not a string of up to %d bytes", name, maxName)
	}
	return *s, nil
}

// time returns a claim that must be a time (RFC 7519, NumericDate) if it is
// there.
func (c claimSet) time(name string) (time.Time, error) {
	raw, present := c[name]
	if !present {
		return time.Time{}, nil
	}
	var seconds *float64
	// Beyond the year 9999 conversions go wrong.
	if json.Unmarshal(raw, &seconds) != nil || seconds == nil || *seconds <= 0 || *seconds > 253402300799 || math.IsNaN(*seconds) {
		return time.Time{}, fmt.Errorf("%s is not a time", name)
	}
	return time.Unix(int64(*seconds), 0), nil
}

// audience returns the one audience, a string or a list of one. A token that is
// for others too was given to others too.
func (c claimSet) audience() (string, error) {
	raw := c["aud"]
	var list []string
	if json.Unmarshal(raw, &list) == nil && len(list) == 1 {
		return list[0], nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return one, nil
	}
	return "", errors.New("aud is not one audience")
}
