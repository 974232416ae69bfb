package corbado

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// secretPrefix starts every API secret (Corbado: Go SDK, assertions).
const secretPrefix = "corbado1_"

var (
	errNoSecret     = errors.New("corbado API secret is empty")
	errSecretSpaces = errors.New("corbado API secret holds white space, a control character or a letter beyond ASCII; copy it again, without a line end")
	errSecretForm   = errors.New("corbado API secret has no form that Corbado takes: it starts with " + secretPrefix +
		", or is base64 of <project ID>:<API secret>, or is a Backend API key written as Bearer <key>")
)

// authorize makes the Authorization header of every call (Corbado: API
// reference, authentication). Config.APISecret says what it takes.
func authorize(projectID string, apiSecret secret.Value) (secret.Value, error) {
	raw := apiSecret.Reveal()
	scheme, credentials, hasScheme := strings.Cut(raw, " ")
	if !hasScheme {
		scheme, credentials = "", raw
	}
	switch {
	case raw == "":
		return secret.Value{}, errNoSecret
	case hasScheme && !strings.EqualFold(scheme, "basic") && !strings.EqualFold(scheme, "bearer"):
		return secret.Value{}, errSecretSpaces
	case credentials == "":
		return secret.Value{}, errNoSecret
	case !visible(credentials):
		return secret.Value{}, errSecretSpaces
	case strings.EqualFold(scheme, "bearer"):
		return secret.New("Bearer " + credentials), nil
	case scheme == "" && strings.HasPrefix(credentials, secretPrefix):
		if credentials == secretPrefix {
			return secret.Value{}, errNoSecret
		}
		return secret.New("Basic " + base64.StdEncoding.EncodeToString([]byte(projectID+":"+credentials))), nil
	}
	if err := checkBasic(projectID, credentials); err != nil {
		return secret.Value{}, err
	}
	return secret.New("Basic " + credentials), nil
}

// checkBasic looks into a ready Basic value, so that a copy of another
// project's fails at the start and not at the first user.
func checkBasic(projectID, ready string) error {
	decoded, err := base64.StdEncoding.DecodeString(ready)
	if err != nil {
		return errSecretForm
	}
	project, apiSecret, _ := strings.Cut(string(decoded), ":")
	switch {
	case !projectIDForm.MatchString(project):
		return errSecretForm
	case project != projectID:
		return fmt.Errorf("corbado API secret is a ready Basic value for the project %s, but the project ID is %s", project, projectID)
	case apiSecret == "":
		return errNoSecret
	case !visible(apiSecret):
		return errSecretSpaces
	}
	return nil
}

// visible reports whether s is only visible ASCII: such a value can stand in a
// header as it is, and a secret never holds anything else.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
