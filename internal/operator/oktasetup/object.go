package oktasetup

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// Difference is one member that the org has otherwise.
type Difference struct{ Path, From, To string }

// readOnly are members that Okta answers and does not want back.
var readOnly = []string{"_links", "_embedded", "created", "createdBy", "lastUpdated", "lastUpdatedBy", "orn"}

// plain turns a value into what JSON makes of it, so that it can be compared
// with an answer. It also copies it.
func plain(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // made of maps, slices and strings here
	}
	var out any
	_ = json.Unmarshal(raw, &out) // just marshalled
	return out
}

// compare lists where have lacks what want asks for. Members that want does not
// name are free. A list must contain what want lists and may contain more: a
// set-up adds, and takes nothing away that somebody else has put there.
func compare(path string, want, have any) []Difference {
	switch want := want.(type) {
	case object:
		inner, _ := have.(object)
		var all []Difference
		for _, key := range slices.Sorted(maps.Keys(want)) {
			at := key
			if path != "" {
				at = path + "." + key
			}
			all = append(all, compare(at, want[key], inner[key])...)
		}
		return all
	case []any:
		list, _ := have.([]any)
		var all []Difference
		for _, one := range want {
			if !contains(list, one) {
				all = append(all, Difference{Path: path + "[]", To: show(path, one)})
			}
		}
		return all
	}
	if isEmpty(want) && isEmpty(have) || reflect.DeepEqual(want, have) {
		return nil
	}
	return []Difference{{Path: path, From: show(path, have), To: show(path, want)}}
}

func contains(list []any, one any) bool {
	return slices.ContainsFunc(list, func(have any) bool { return len(compare("", one, have)) == 0 })
}

// isEmpty tells what Okta leaves out as often as not.
func isEmpty(v any) bool { return v == nil || v == "" || v == false }

// merge puts want over have, keeping what want does not name.
func merge(have, want any) any {
	switch want := want.(type) {
	case object:
		out := object{}
		if inner, ok := have.(object); ok {
			maps.Copy(out, inner)
		}
		for key, value := range want {
			out[key] = merge(out[key], value)
		}
		return out
	case []any:
		list, _ := have.([]any)
		list = slices.Clone(list)
		for _, one := range want {
			if !contains(list, one) {
				list = append(list, one)
			}
		}
		if list == nil {
			list = []any{}
		}
		return list
	}
	return want
}

// update is the body of a PUT, which replaces everything.
func update(have, want object) object {
	out, _ := merge(have, want).(object)
	for _, key := range readOnly {
		delete(out, key)
	}
	return out
}

// longText is from where a text is told by its length and hash, in bytes.
const longText = 400

const masked = "REDACTED"

// isSecret knows a secret by the name of its member.
func isSecret(key string) bool {
	return strings.Contains(strings.ToLower(key), "secret")
}

// show writes a value for a report.
func show(path string, v any) string {
	raw, err := json.Marshal(mask(path[strings.LastIndex(path, ".")+1:], v))
	if err != nil {
		return "?"
	}
	return string(raw)
}

// mask copies a value without its secrets and long texts.
func mask(key string, v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for k, inner := range v {
			out[k] = mask(k, inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = mask(key, inner)
		}
		return out
	case string:
		switch {
		case isSecret(key) && v != "":
			return masked
		case len(v) > longText:
			return fmt.Sprintf("(%d bytes, sha256 %x)", len(v), sha256.Sum256([]byte(v)))
		}
	}
	return v
}

// text finds a string inside an object, or "".
func text(v any, path ...string) string {
	for _, key := range path {
		inner, _ := v.(object)
		v = inner[key]
	}
	s, _ := v.(string)
	return s
}
