package signin

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// ionType is the content type of the IDX API.
const ionType = "application/ion+json; okta-version=1.0.0"

const (
	textSessionExpired = "You have been logged out due to inactivity. Refresh or return to the sign in screen."
	keySessionExpired  = "idx.session.expired"
	keyUnableToSignIn  = "errors.E0000004"
	keyBlank           = "model.validation.field.blank"
)

// idxRequest is what the widget sends. Other fields are left alone.
type idxRequest struct {
	StateToken  string `json:"stateToken"`
	StateHandle string `json:"stateHandle"`
	Identifier  string `json:"identifier"`
	Credentials struct {
		Passcode string `json:"passcode"`
	} `json:"credentials"`
}

// idx reads a call of the Identity Engine's API and finds its sign-in. The
// body must be JSON by name, which no form of another site can send.
func (s *SignIn) idx(next func(http.ResponseWriter, *http.Request, Transaction, idxRequest)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var call idxRequest
		kind := r.Header.Get("Content-Type")
		if !strings.HasPrefix(kind, "application/json") && !strings.HasPrefix(kind, "application/ion+json") {
			s.idxError(w, http.StatusUnsupportedMediaType, "api.error.unsupported_media_type", "The content type is not JSON.")
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
			s.idxError(w, http.StatusBadRequest, "api.error.malformed", "The request body was not well-formed.")
			return
		}
		if call.StateHandle == "" {
			call.StateHandle = call.StateToken
		}
		t, expired, ok := s.transactions.get(call.StateHandle, org.DeviceOf(r))
		if s.org.Fires(org.FaultIDXExpired) {
			expired = true
		}
		if !ok || expired {
			s.org.Note(org.Event{Name: org.EventRequestRefused, Detail: "The sign-in session has expired or belongs to another browser."})
			s.idxError(w, http.StatusUnauthorized, keySessionExpired, textSessionExpired)
			return
		}
		next(w, r, t, call)
	}
}

// idxIntrospect tells where the sign-in stands.
func (s *SignIn) idxIntrospect(w http.ResponseWriter, _ *http.Request, t Transaction, _ idxRequest) {
	s.idxAnswer(w, http.StatusOK, t)
}

// idxIdentify takes the user name, and the password if it came along.
func (s *SignIn) idxIdentify(w http.ResponseWriter, r *http.Request, t Transaction, call idxRequest) {
	t.Identifier = strings.TrimSpace(call.Identifier)
	t.step, t.message, t.messageKey, t.fieldMessage = stepPassword, "", "", ""
	if t.Identifier == "" {
		t.step, t.fieldMessage = stepIdentify, textBlank
		s.idxKeep(w, http.StatusBadRequest, t)
		return
	}
	if call.Credentials.Passcode != "" {
		s.idxChallenge(w, r, t, call)
		return
	}
	s.idxKeep(w, http.StatusOK, t)
}

// idxChallenge takes the password.
func (s *SignIn) idxChallenge(w http.ResponseWriter, r *http.Request, t Transaction, call idxRequest) {
	if t.step != stepPassword {
		s.idxAnswer(w, http.StatusOK, t)
		return
	}
	t.message, t.messageKey, t.fieldMessage = "", "", ""
	if call.Credentials.Passcode == "" {
		t.fieldMessage = textBlank
		s.idxKeep(w, http.StatusBadRequest, t)
		return
	}
	user, ok := s.checkPassword(t, call.Credentials.Passcode)
	if !ok {
		t.message, t.messageKey = textUnableToSignIn, keyUnableToSignIn
		s.idxKeep(w, http.StatusUnauthorized, t)
		return
	}
	s.idxKeep(w, http.StatusOK, s.passwordSession(w, r, t, user))
}

// idxCancel goes back to the user name ("Back to sign in").
func (s *SignIn) idxCancel(w http.ResponseWriter, _ *http.Request, t Transaction, _ idxRequest) {
	if t.step != stepDone {
		t.step, t.message, t.messageKey, t.fieldMessage = stepIdentify, "", "", ""
	}
	s.idxKeep(w, http.StatusOK, t)
}

// idxKeep stores the sign-in as it now stands and answers with it.
func (s *SignIn) idxKeep(w http.ResponseWriter, status int, t Transaction) {
	s.transactions.change(t.StateToken, func(kept *Transaction) { *kept = t })
	s.idxAnswer(w, status, t)
}

func (s *SignIn) idxAnswer(w http.ResponseWriter, status int, t Transaction) {
	writeIon(w, status, s.idxState(t))
}

func (s *SignIn) idxError(w http.ResponseWriter, status int, key, text string) {
	writeIon(w, status, map[string]any{"version": "1.0.0", "messages": idxMessages(key, text)})
}

func writeIon(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", ionType)
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone; nobody is left to tell
}

func idxMessages(key, text string) map[string]any {
	message := map[string]any{"message": text, "class": "ERROR"}
	if key != "" {
		message["i18n"] = map[string]any{"key": key}
	}
	return map[string]any{"type": "array", "value": []any{message}}
}

// idxTime is the form of times in IDX answers.
func idxTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
