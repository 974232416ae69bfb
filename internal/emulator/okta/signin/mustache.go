package signin

import (
	"errors"
	"fmt"
	"html"
	"strings"
)

// mustache renders the part of the Mustache language that Okta's page editor
// offers: {{name}} escaped, {{{name}}} and {{&name}} as it stands, sections
// {{#name}}…{{/name}} and {{^name}}…{{/name}} on a switch, and {{! comments}}.
// An unknown name is empty. JavaScript that happens to hold "{{" is read as a
// tag, as at Okta: that breaks a page there as well.
func mustache(template string, values map[string]string, switches map[string]bool) (string, error) {
	m := &mustacheReader{rest: template, values: values, switches: switches}
	var out strings.Builder
	if err := m.section(&out, "", true); err != nil {
		return "", fmt.Errorf("okta emulator: sign-in page template: %w", err)
	}
	return out.String(), nil
}

type mustacheReader struct {
	rest     string
	values   map[string]string
	switches map[string]bool
}

// section renders up to the end tag of the named section, or to the end of
// the text for the outermost one.
func (m *mustacheReader) section(out *strings.Builder, name string, shown bool) error {
	for {
		text, after, found := strings.Cut(m.rest, "{{")
		if shown {
			out.WriteString(text)
		}
		if !found {
			if name != "" {
				return fmt.Errorf("the section %q is not closed", name)
			}
			return nil
		}
		tag, raw, err := m.tag(after)
		if err != nil {
			return err
		}
		if done, err := m.apply(out, tag, raw, name, shown); done || err != nil {
			return err
		}
	}
}

// tag reads what stands between the braces.
func (m *mustacheReader) tag(after string) (tag string, raw bool, err error) {
	end := "}}"
	if after, raw = strings.CutPrefix(after, "{"); raw {
		end = "}}}"
	}
	tag, rest, found := strings.Cut(after, end)
	if !found {
		return "", false, errors.New("a tag is not closed")
	}
	m.rest = rest
	tag = strings.TrimSpace(tag)
	if name, ok := strings.CutPrefix(tag, "&"); ok {
		tag, raw = strings.TrimSpace(name), true
	}
	if tag == "" {
		return "", false, errors.New("a tag has no name")
	}
	return tag, raw, nil
}

// apply does what a tag says and reports whether it ended the section.
func (m *mustacheReader) apply(out *strings.Builder, tag string, raw bool, section string, shown bool) (bool, error) {
	name := strings.TrimSpace(tag[1:])
	switch {
	case raw:
		if shown {
			out.WriteString(m.values[tag])
		}
	case tag[0] == '!':
	case tag[0] == '#':
		return false, m.section(out, name, shown && m.switches[name])
	case tag[0] == '^':
		return false, m.section(out, name, shown && !m.switches[name])
	case tag[0] == '/':
		if name != section || section == "" {
			return false, fmt.Errorf("%q closes a section that is not open", name)
		}
		return true, nil
	case strings.ContainsAny(tag[:1], ">=<%$"):
		return false, fmt.Errorf("the tag %q is not supported", tag)
	case shown:
		out.WriteString(html.EscapeString(m.values[tag]))
	}
	return false, nil
}
