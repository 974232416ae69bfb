package login

import (
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
)

// redirect sends the browser on. No cache keeps the answer, and the next site does not
// learn this address, which may hold a code (RFC 9700 section 4.2.4). Unlike
// http.Redirect it writes no body, which would repeat the target.
func redirect(w http.ResponseWriter, status int, target string) {
	h := w.Header()
	h["Cache-Control"] = []string{"no-store"}
	h["Referrer-Policy"] = []string{"no-referrer"}
	h["Location"] = []string{escapeNonASCII(target)}
	w.WriteHeader(status)
}

// escapeNonASCII percent-encodes bytes that RFC 3986 does not allow, so that no two
// readers of the header disagree about its character set.
func escapeNonASCII(s string) string {
	const hex = "0123456789ABCDEF"
	clean := true
	for i := range len(s) {
		clean = clean && s[i] < 0x80
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < 0x80 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// loginPath returns our login route with a flag ("restart=1", or "") and the
// return path.
func (rp *RelyingParty) loginPath(flag, returnPath string) string {
	var query []string
	if flag != "" {
		query = append(query, flag)
	}
	if returnPath != "" && returnPath != returnpath.Start {
		query = append(query, "return="+returnpath.Query(returnPath))
	}
	if len(query) == 0 {
		return rp.config.BasePath + route.Login
	}
	return rp.config.BasePath + route.Login + "?" + strings.Join(query, "&")
}

// goTo sends a page load on to a path of this site. A long path goes into a page instead
// of a header, because servers on the way limit the headers of an answer.
func (rp *RelyingParty) goTo(w http.ResponseWriter, r *http.Request, target string) error {
	if len(target) > returnpath.MaxShort && fetchmeta.InTab(r) {
		return rp.fragments.ArriveByScript(w, target, target)
	}
	redirect(w, http.StatusSeeOther, target)
	return nil
}

func (rp *RelyingParty) wayAgain(returnPath string) problem.Way {
	return problem.Way{Label: "Try again", Href: rp.loginPath("", returnPath)}
}

func (rp *RelyingParty) wayOtherAccount(returnPath string) problem.Way {
	return problem.Way{Label: "Use another account", Href: rp.loginPath("prompt=login", returnPath)}
}
