package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// healthPatience is how long a health check waits.
const healthPatience = 2 * time.Second

// checkHealth gets a URL and says what is wrong with the answer.
func checkHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: loopbackTransport()}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	return nil
}
