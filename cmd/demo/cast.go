package main

import (
	"crypto/rand"
	"os"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

const (
	clientID  = "0oademoorders0000001"
	projectID = "pro-1234567890123456789"
	// passkeyIDP is Okta's id of the identity provider that stands for Corbado,
	// passkeyIDPName its name there, idpClientID Okta's client id at Corbado.
	passkeyIDP     = "0oademopasskeys00001"
	passkeyIDPName = "Corbado"
	idpClientID    = "okta-demo"
)

// person is a user of the demo.
type person struct {
	id, first, last, login, password string
	// groups are those beside Everyone, which Okta puts everybody into.
	groups []string
}

var (
	alice = person{"00ualice000000000001", "Alice", "Archer", "alice@acme.test", "correct horse", []string{"Orders Clerks"}}
	bob   = person{"00ubob00000000000001", "Bob", "Barker", "bob@acme.test", "battery staple", nil}
)

var people = []person{alice, bob}

func (p person) user() okta.User {
	return okta.User{
		ID: p.id, Login: p.login, Email: p.login, EmailVerified: true,
		FirstName: p.first, LastName: p.last, Password: p.password, Groups: p.groups,
	}
}

// loginOf turns a user's id into what people call them.
func loginOf(id string) string {
	for _, p := range people {
		if p.id == id {
			return p.login
		}
	}
	return id
}

// secrets are made again for each run.
type secrets struct{ client, api, idp string }

// The sidecar reads its secrets from the environment, by {env.…} placeholders.
const (
	clientSecretVariable = "DEMO_OKTA_CLIENT_SECRET" //nolint:gosec // G101: the name of a variable
	apiSecretVariable    = "DEMO_CORBADO_API_SECRET" //nolint:gosec // G101: the name of a variable
)

// newSecrets makes the secrets and puts them into the environment.
func newSecrets() (secrets, error) {
	s := secrets{client: rand.Text(), api: "corbado1_" + rand.Text(), idp: rand.Text()}
	if err := os.Setenv(clientSecretVariable, s.client); err != nil {
		return s, err
	}
	return s, os.Setenv(apiSecretVariable, s.api)
}
