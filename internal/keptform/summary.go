package keptform

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// maxSummary bounds the request for a summary, in bytes.
const maxSummary = 64 << 10

// Field is what the page shows of one field, so that people know their form.
type Field struct {
	Name string `json:"name"`
	// Value is the beginning of what was typed; empty for secrets and files, and
	// for a form whose owner is not known.
	Value string `json:"value,omitempty"`
	// File is the name of the file chosen.
	File string `json:"file,omitempty"`
	// Hidden tells that there is a value and it is not shown.
	Hidden bool `json:"hidden,omitempty"`
}

// summary is what a form was.
type summary struct {
	owner
	// Path is where the form was posted to, with its query: where it goes again.
	Path   string  `json:"path"`
	Fields []Field `json:"fields"`
	// More counts the fields that are not listed.
	More int `json:"more,omitempty"`
}

// summarise describes a form, sealed. It is a courtesy to whoever posted it, who
// may be anybody: the work is bounded however large the form (describe.go).
func (f *Forms) summarise(one *form) (string, error) {
	s := summary{owner: one.owner, Path: one.Path, Fields: []Field{}}
	media, params, _ := mime.ParseMediaType(one.Type)
	switch media {
	case "application/x-www-form-urlencoded":
		s.urlencoded(one.body)
	case "multipart/form-data":
		s.multipart(one.body, params["boundary"])
	}
	if (one.owner == owner{}) {
		for i := range s.Fields {
			s.Fields[i].Hidden = s.Fields[i].Hidden || s.Fields[i].Value != ""
			s.Fields[i].Value = ""
		}
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	return f.summaries.Seal(plain)
}

// Summary serves POST <base>/resume/summary: {"summary": …} as the browser keeps
// it, to what it says. Only the form's own user gets to know.
//
// Its problems: cross_origin, json_required, invalid_body, form_invalid,
// form_of_another_user.
func (f *Forms) Summary(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	refuse := func(status int, code, title string, err error) error {
		return &problem.Problem{Status: status, Code: code, Title: title, Err: err}
	}
	if s == nil {
		return problem.LoginRequired("", f.base+route.Login+"?return="+url.QueryEscape(f.base+route.KeptForm), nil)
	}
	if err := f.origins.FromOwnPage(r); err != nil {
		return refuse(http.StatusForbidden, "cross_origin", "This request came from another site.", err)
	}
	var asked struct{ Summary string }
	if err := answer.Read(w, r, maxSummary, &asked); err != nil {
		return err
	}
	plain, err := f.summaries.Open(asked.Summary)
	if err != nil {
		return refuse(http.StatusGone, "form_invalid", "The form is too old.", err)
	}
	var known summary
	if err := json.Unmarshal(plain, &known); err != nil {
		return err
	}
	if !known.allows(s) {
		return refuse(http.StatusForbidden, "form_of_another_user", "The form is another user's.", errors.New("another user signed in"))
	}
	known.owner = owner{}
	return answer.JSON(w, r, http.StatusOK, known)
}
