package claims

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a claim's value, in bytes. A longer value is left out: half an e-mail
// address is another address.
const (
	// MaxText is for one line of text: a name, an id, a sid.
	MaxText = 256
	// maxEmail is RFC 5321 section 4.5.3.1: 64 before the @, 255 after it.
	maxEmail = 320
	// maxClaim is for a further claim, which may be a list.
	maxClaim = 1024
	// maxSubject is OpenID Connect Core 1.0 section 2.
	maxSubject = 255
)

// Plain reports whether s is well-formed text without control characters. It
// refuses the replacement character, which stands for what JSON could not say,
// such as half a surrogate pair: two names that differ there only would be one.
func Plain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}

// Printable returns at most most runes of text from outside, fit for a log line
// or a page: what cannot be printed becomes a question mark. Anybody can write the
// error text in the address of a callback.
func Printable(s string, most int) string {
	var b strings.Builder
	for _, c := range s {
		if most == 0 {
			b.WriteString("…")
			break
		}
		most--
		if c != ' ' && !unicode.IsPrint(c) || c == unicode.ReplacementChar {
			c = '?'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// IsAddress reports whether a session could hold this e-mail address: at most 320
// bytes, and exactly one @, so that no two readers disagree about its domain.
func IsAddress(email string) bool {
	before, after, found := strings.Cut(email, "@")
	return found && before != "" && after != "" && len(email) <= maxEmail &&
		!strings.ContainsFunc(before, notInAddress) && !strings.ContainsFunc(after, notInAddress)
}

// notInAddress reports whether an address without quotes cannot hold r beside its @.
// It can hold letters and digits of any alphabet (RFC 6531) and the signs of RFC 5322
// section 3.2.3. Unusual spaces and invisible characters would make another address
// look the same.
func notInAddress(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r)
}

// CheckSubject refuses a sub that cannot be a key: OpenID Connect Core 1.0 section
// 2 allows at most 255 ASCII characters.
func CheckSubject(sub string) error {
	if sub == "" || len(sub) > maxSubject {
		return fmt.Errorf("the token's sub has %d characters", len(sub))
	}
	for i := range len(sub) {
		if sub[i] < ' ' || sub[i] > '~' {
			return errors.New("the token's sub is not printable ASCII")
		}
	}
	return nil
}
