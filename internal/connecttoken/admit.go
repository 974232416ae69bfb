package connecttoken

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// maxBody caps a request's body, in bytes. A real one has under fifty.
const maxBody = 1 << 10

// admit runs the checks that need no more than the request, the cheap and the
// hostile ones first, and returns what the browser wants to do.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, s *session.Session) (corbado.ConnectTokenType, *problem.Problem) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return "", methodNotAllowed()
	}
	if err := h.origins.FromOwnPage(r); err != nil {
		return "", crossOrigin(err)
	}
	// A form can send text/plain to any site; JSON makes the browser ask first.
	if !answer.IsJSON(r) {
		return "", unsupportedMediaType()
	}
	if s == nil {
		return "", loginRequired()
	}
	if r.ContentLength > maxBody {
		return "", tooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return "", tooLarge()
	}
	if err != nil {
		return "", invalidJSON(err)
	}
	kind, err := readType(body)
	if err != nil {
		return "", invalidJSON(err)
	}
	if _, known := lifetimes[kind]; !known {
		return "", unknownType()
	}
	if page, changes := changedOn[kind]; changes && !h.stepUp.Met(s, h.now()) {
		return kind, h.stepUp.Problem(h.stepUp.LoginURL(h.base, h.base+page))
	}
	return kind, nil
}

// changedOn names the page for each token that changes how the user signs in. Those
// need a recent sign-in: whoever finds a browser signed in must not add a key of their
// own to the account, nor remove the owner's. Looking at the list changes nothing.
var changedOn = map[corbado.ConnectTokenType]string{
	corbado.PasskeyAppend: route.Append,
	corbado.PasskeyDelete: route.List,
}

var errForm = errors.New(`the body is not {"type":"…"}`)

// readType reads {"type":"…"} and nothing else. A further member, such as an
// identifier, is an attack or a caller's mistake.
func readType(body []byte) (corbado.ConnectTokenType, error) {
	tokens := json.NewDecoder(bytes.NewReader(body))
	var kind string
	for i, want := range []json.Token{json.Delim('{'), "type", nil, json.Delim('}')} {
		got, err := tokens.Token()
		if err != nil {
			return "", errForm
		}
		if i == 2 {
			text, ok := got.(string)
			if !ok {
				return "", errForm
			}
			kind = text
			continue
		}
		if got != want {
			return "", errForm
		}
	}
	if _, err := tokens.Token(); !errors.Is(err, io.EOF) {
		return "", errForm
	}
	return corbado.ConnectTokenType(kind), nil
}
