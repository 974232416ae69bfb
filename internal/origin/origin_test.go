package origin

import "testing"

func TestParse(t *testing.T) {
	good := map[string]string{
		"https://app.example.com":          "https://app.example.com",
		"https://App.Example.com:443/":     "https://app.example.com",
		"https://app.example.com:8443":     "https://app.example.com:8443",
		"http://localhost:8080":            "http://localhost:8080",
		"http://app.acme.localhost:80":     "http://app.acme.localhost",
		"http://127.0.0.9:9":               "http://127.0.0.9:9",
		"http://[::1]:9":                   "http://[::1]:9",
		"http://[::1]:80":                  "http://[::1]",
		"https://app.example.com.:8443":    "https://app.example.com:8443",
		"https://xn--bcher-kva.example:44": "https://xn--bcher-kva.example:44",
	}
	for raw, want := range good {
		o, err := Parse(raw)
		if err != nil || o.String() != want {
			t.Errorf("Parse(%q) = %v, %v; want %s", raw, o, err, want)
		}
	}
	for _, raw := range []string{
		"", "app.example.com", "ftp://app.example.com", "http://app.example.com", "https://",
		"https://user@app.example.com", "https://app.example.com/path", "https://app.example.com?x",
		"https://app.example.com?", "https://app.example.com#f", "http://127.0.0.1.evil.example",
		"http://localhost.evil.example", "https:app.example.com", "http://evillocalhost", "https://a b",
	} {
		if o, err := Parse(raw); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", raw, o)
		}
	}
}

func TestMatch(t *testing.T) {
	set, err := ParseSet([]string{"https://app.example.com", "https://alt.example.com:8443"})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"app.example.com": "https://app.example.com", "APP.example.com:443": "https://app.example.com",
		"app.example.com.": "https://app.example.com", "alt.example.com:8443": "https://alt.example.com:8443",
		"alt.example.com": "", "evil.example": "", "": "", "app.example.com:444": "", "app.example.com.evil.example": "",
	} {
		o, ok := set.Match(host)
		if ok != (want != "") || ok && o.String() != want {
			t.Errorf("Match(%q) = %v, %v; want %q", host, o, ok, want)
		}
	}
	if !set.Contains("https://app.example.com") || set.Contains("http://app.example.com") || set.Contains("null") {
		t.Error("Contains is wrong")
	}
	if _, err := ParseSet(nil); err == nil {
		t.Error("an empty set was accepted")
	}
	if _, err := ParseSet([]string{"https://a.example", "http://localhost"}); err == nil {
		t.Error("a mix of http and https was accepted")
	}
	if set.Insecure() || !(Set{{"http", "localhost"}}).Insecure() {
		t.Error("Insecure is wrong")
	}
}
