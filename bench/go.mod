module github.com/passkey-sidecar/passkey-sidecar/bench

go 1.26.0

require github.com/passkey-sidecar/passkey-sidecar v0.0.0-00010101000000-000000000000

require (
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
)

replace github.com/passkey-sidecar/passkey-sidecar => ../
