package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHealthcheck(t *testing.T) {
	for status, healthy := range map[int]bool{
		http.StatusOK: true, http.StatusNoContent: true, http.StatusFound: true,
		http.StatusUnauthorized: false, http.StatusNotFound: false, http.StatusServiceUnavailable: false,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(status)
		}))
		if err := ask(t.Context(), srv.URL); (err == nil) != healthy {
			t.Errorf("%d: %v", status, err)
		}
		srv.Close()
		if err := ask(t.Context(), srv.URL); err == nil {
			t.Error("nobody answers, and no error")
		}
	}
}
