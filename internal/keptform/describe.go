package keptform

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
)

const (
	// A summary lists so many fields, with so many characters of a name or value.
	maxFields = 40
	maxText   = 80

	// What is looked at, in bytes: the beginning of a name or value, before its
	// escapes are undone and after; and the head of a part.
	maxEscaped = 3 * maxLooked
	maxLooked  = 4 * maxText
	maxHead    = 1 << 10
	// maxTried is how many fields are looked at. Of those behind them nothing is
	// undone; they are counted.
	maxTried = 2 * maxFields
	// maxBoundary is RFC 2046 section 5.1.1's.
	maxBoundary = 70
)

// urlencoded lists the fields of application/x-www-form-urlencoded.
func (s *summary) urlencoded(body []byte) {
	for tried := 0; len(body) > 0; tried++ {
		if tried == maxTried || len(s.Fields) == maxFields {
			s.More = 1 + bytes.Count(body[:len(body)-1], []byte("&"))
			return
		}
		var pair []byte
		pair, body, _ = bytes.Cut(body, []byte("&"))
		name, value, _ := bytes.Cut(pair, []byte("="))
		readName, nameErr := unescape(name)
		readValue, valueErr := unescape(value)
		if readName != "" && nameErr == nil && valueErr == nil {
			s.add(readName, readValue, "")
		}
	}
}

// unescape undoes the escapes of a text's beginning.
func unescape(escaped []byte) (string, error) {
	if len(escaped) > maxEscaped {
		escaped = escaped[:maxEscaped]
		if i := bytes.LastIndexByte(escaped[maxEscaped-2:], '%'); i >= 0 {
			escaped = escaped[:maxEscaped-2+i] // half an escape
		}
	}
	return url.QueryUnescape(string(escaped))
}

// multipart lists the fields of multipart/form-data as browsers write it (HTML,
// multipart/form-data encoding algorithm). What else the syntax of MIME allows is
// for the app to read.
func (s *summary) multipart(body []byte, boundary string) {
	if boundary == "" || len(boundary) > maxBoundary {
		return
	}
	// The first one stands at the beginning, or on a line of its own.
	delimiter := []byte("\r\n--" + boundary)
	rest, found := bytes.CutPrefix(body, delimiter[2:])
	if !found {
		_, rest, found = bytes.Cut(body, delimiter)
	}
	for found && !bytes.HasPrefix(rest, []byte("--")) {
		if len(s.Fields) == maxFields {
			s.More = bytes.Count(rest, delimiter) // the closing one for the next part's
			return
		}
		var part []byte
		if part, rest, found = bytes.Cut(rest, delimiter); found {
			s.part(part)
		}
	}
}

// part lists the field of one part, which begins with the end of its delimiter's
// line.
func (s *summary) part(part []byte) {
	head := part[:min(len(part), maxHead)]
	end := bytes.Index(head, []byte("\r\n\r\n"))
	if end < 0 {
		s.add("", "", "")
		return
	}
	content := part[end+len("\r\n\r\n"):]
	for line := range strings.SplitSeq(string(head[:end]), "\r\n") {
		const disposition = "content-disposition:"
		if len(line) > len(disposition) && strings.EqualFold(line[:len(disposition)], disposition) {
			name, file := parameters(line[len(disposition):])
			if file != "" {
				content = nil
			}
			s.add(name, string(content[:min(len(content), maxLooked)]), file)
			return
		}
	}
	s.add("", "", "")
}

// parameters are the name and file name of a Content-Disposition.
func parameters(disposition string) (name, file string) {
	_, rest, _ := strings.Cut(disposition, ";")
	for rest != "" {
		var key, value string
		key, rest, _ = strings.Cut(rest, "=")
		if quoted, is := strings.CutPrefix(rest, `"`); is {
			value, rest, _ = strings.Cut(quoted, `"`)
			_, rest, _ = strings.Cut(rest, ";")
		} else {
			value, rest, _ = strings.Cut(rest, ";")
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "name":
			name = unquoted.Replace(value)
		case "filename":
			file = unquoted.Replace(value)
		}
	}
	return name, file
}

// unquoted undoes what browsers do to names (HTML, as above).
var unquoted = strings.NewReplacer("%22", `"`, "%0D", " ", "%0A", " ")

func (s *summary) add(name, value, file string) {
	field := Field{Name: readable(name), File: readable(file)}
	if field.Hidden = file == "" && value != "" && secret(name); !field.Hidden && file == "" {
		field.Value = readable(value)
	}
	s.Fields = append(s.Fields, field)
}

// secretWords are what names hold of fields whose values are not for the screen:
// what the name says is secret, and what apps put into forms for themselves.
var secretWords = []string{
	"pass", "pwd", "secret", "token", "csrf", "xsrf", "nonce", "state", "otp", "pin", "cvc", "cvv", "card", "iban", "ssn", "auth", "session",
	"signature", "key",
}

// secret reports whether a field's value is not for the screen. A name of which not
// all is looked at may hold anything.
func secret(name string) bool {
	if len(name) >= maxLooked || strings.HasPrefix(name, "_") {
		return true
	}
	folded := strings.ToLower(strings.ToUpper(name)) // the long s too
	for _, word := range secretWords {
		if strings.Contains(folded, word) {
			return true
		}
	}
	return false
}

// readable is the beginning of a text on one line.
func readable(text string) string {
	var b strings.Builder
	count := 0
	for _, c := range strings.ToValidUTF8(text[:min(len(text), 2*maxLooked)], "�") {
		if count++; count > maxText {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(c) {
			c = ' '
		}
		b.WriteRune(c)
	}
	return strings.TrimSpace(b.String())
}
