package caddymodule

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/ports"
)

// scraped are the samples of our metrics, by name and labels as they are written.
type scraped map[string]float64

// withMetrics runs the site beside one that shows Caddy's metrics, and returns what reads
// them. The address stays the same when it is called again.
func (w *world) withMetrics(caddyfile string) (scrape func() scraped) {
	w.t.Helper()
	if w.metricsPort == "" {
		w.metricsPort = ports.Free(w.t)
	}
	if err := load(w.t, caddyfile+"\nhttp://localhost:"+w.metricsPort+" {\n\tmetrics\n}\n"); err != nil {
		w.t.Fatal(err)
	}
	return func() scraped {
		w.t.Helper()
		samples := make(scraped)
		for line := range strings.Lines(w.browser().get("http://localhost:" + w.metricsPort + "/metrics").body) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			if v, err := strconv.ParseFloat(value, 64); err == nil && strings.HasPrefix(name, "passkeys_") {
				samples[name] = v
			}
		}
		return samples
	}
}

func (s scraped) want(t *testing.T, name, labels string, want float64) {
	t.Helper()
	pairs := append(strings.FieldsFunc(labels, func(r rune) bool { return r == ',' }), `client_id="0oa1client"`)
	slices.Sort(pairs)
	sample := name + "{" + strings.Join(pairs, ",") + "}"
	if got, known := s[sample]; got != want || !known && want != 0 {
		var near []string
		for other := range s {
			if strings.HasPrefix(other, name) && !strings.Contains(other, "_bucket") {
				near = append(near, fmt.Sprint(other, " ", s[other]))
			}
		}
		slices.Sort(near)
		t.Errorf("%s is %v, want %v; there are\n%s", sample, got, want, strings.Join(near, "\n"))
	}
}

// postJSON sends what a page's script sends.
func (b *browser) postJSON(path, body string) page {
	b.t.Helper()
	return b.raw("POST " + path + " HTTP/1.1\nHost: {host}\nCookie: {cookies}\nOrigin: " + b.site + "\nSec-Fetch-Site: same-origin\n" +
		"Accept: application/json\nContent-Type: application/json\nContent-Length: " + lengthOf(body) + "\n\n" + body)
}

// TestTheFunnelIsWhatWasPlayed counts users on their way to a passkey.
func TestTheFunnelIsWhatWasPlayed(t *testing.T) {
	w := newWorld(t)
	scrape := w.withMetrics(strings.Replace(w.caddyfile(""), "enroll never", "enroll always", 1))
	played := map[string]int{"complete": 3, "complete-noop": 1, "skip": 4, "not-offered": 2, "error": 2, "unavailable": 1}
	var all float64
	for status, n := range played {
		for range n {
			b := w.browser()
			if p := b.signIn("/"); p.Request.URL.Path != "/passkeys/append" {
				t.Fatalf("the sign-in leads to %s", p.Request.URL)
			}
			if p := b.postJSON("/passkeys/append/result", `{"status":"`+status+`"}`); p.StatusCode != http.StatusNoContent {
				t.Fatalf("%s: %s %s", status, p.Status, p.body)
			}
			all++
		}
	}
	got := scrape()
	for labels, want := range map[string]float64{
		`,cause="",step="offered"`: all, `,cause="",step="shown"`: all, `,cause="",step="completed"`: 3, `,cause="",step="existed"`: 1,
		`,cause="",step="skipped"`: 4, `,cause="",step="withheld"`: 2,
		`,cause="component_error",step="failed"`: 2, `,cause="unavailable",step="failed"`: 1,
	} {
		got.want(t, "passkeys_offers_total", labels, want)
	}
	got.want(t, "passkeys_sign_ins_total", `,cause="",outcome="success",passkey="false"`, all)
	got.want(t, "passkeys_sign_in_duration_seconds_count", `,outcome="success",passkey="false"`, all)
	got.want(t, "passkeys_call_duration_seconds_count", `,call="token",outcome="answered",to="identity_provider"`, all)
	got.want(t, "passkeys_call_duration_seconds_count", `,call="discovery",outcome="answered",to="identity_provider"`, 1)
	got.want(t, "passkeys_identity_provider_up", "", 1)
}

// TestMetricsOfAJourney counts what every kind of user and program meets.
func TestMetricsOfAJourney(t *testing.T) {
	w := newWorld(t)
	scrape := w.withMetrics(w.forMoments())
	w.playMoments()
	got := scrape()
	for _, c := range []struct {
		name, labels string
		want         float64
	}{
		{"passkeys_sign_ins_total", `,cause="",outcome="success",passkey="false"`, 5},
		{"passkeys_sign_ins_total", `,cause="identity_provider_error",outcome="failure",passkey=""`, 1},
		{"passkeys_sign_ins_total", `,cause="invalid_callback",outcome="failure",passkey=""`, 1},
		{"passkeys_sign_in_duration_seconds_count", `,outcome="success",passkey="false"`, 5},
		{"passkeys_step_ups_total", `,cause="",outcome="success"`, 1},
		{"passkeys_step_ups_total", `,cause="step_up_too_old",outcome="failure"`, 1},
		{"passkeys_offers_total", `,cause="",step="completed"`, 1},
		{"passkeys_list_changes_total", `,change="added"`, 1},
		{"passkeys_list_changes_total", `,change="removed"`, 1},
		{"passkeys_connect_tokens_total", `,cause="",outcome="created",type="passkey-list"`, 1},
		{"passkeys_connect_tokens_total", `,cause="unknown_type",outcome="refused",type=""`, 1},
		{"passkeys_connect_tokens_total", `,cause="passkey_service_unavailable",outcome="failed",type="passkey-list"`, 1},
		{"passkeys_connect_token_duration_seconds_count", `,outcome="created",type="passkey-list"`, 1},
		{"passkeys_call_duration_seconds_count", `,call="connect_token",outcome="answered",to="corbado"`, 1},
		{"passkeys_call_duration_seconds_count", `,call="connect_token",outcome="failed",to="corbado"`, 1},
		{"passkeys_call_duration_seconds_count", `,call="refresh",outcome="answered",to="identity_provider"`, 1},
		{"passkeys_call_duration_seconds_count", `,call="refresh",outcome="refused",to="identity_provider"`, 1},
		{"passkeys_call_duration_seconds_count", `,call="revocation",outcome="answered",to="identity_provider"`, 1},
		{"passkeys_session_refreshes_total", `,outcome="refreshed"`, 1},
		{"passkeys_session_refreshes_total", `,outcome="ended"`, 1},
		{"passkeys_sessions_revoked_total", `,cause="refresh"`, 1},
		{"passkeys_sessions_revoked_total", `,cause="replaced"`, 2},
		{"passkeys_sessions_revoked_total", `,cause="universal_logout"`, 1},
		{"passkeys_sessions_refused_total", `,cause="revoked"`, 1},
		{"passkeys_sessions_refused_total", `,cause="expired"`, 1},
		{"passkeys_sessions_refused_total", `,cause="invalid"`, 1},
		{"passkeys_revocations_refused_total", `,cause="invalid_request"`, 1},
		{"passkeys_sign_outs_total", "", 1},
		{"passkeys_access_refused_total", `,cause="not_allowed"`, 1},
		{"passkeys_access_refused_total", `,cause="invalid_token"`, 1},
		{"passkeys_requests_total", `,verdict="bearer_refused"`, 1},
		{"passkeys_requests_total", `,verdict="forbidden"`, 1},
		{"passkeys_forms_total", `,cause="",outcome="kept"`, 1},
	} {
		got.want(t, c.name, c.labels, c.want)
	}

	// A reload sets nothing back.
	for sample, before := range w.withMetrics(strings.Replace(w.forMoments(), "brand Played", "brand Reloaded", 1))() {
		if strings.Contains(sample, "_total{") && before < got[sample] {
			t.Errorf("%s was %v before the reload and is %v", sample, got[sample], before)
		}
		delete(got, sample)
	}
	for sample := range got {
		t.Errorf("%s is gone after the reload", sample)
	}
	for sample := range w.withMetrics(w.forMoments())() {
		if leaked := w.witness.in(sample); len(leaked) > 0 {
			t.Errorf("%s holds %v", sample, leaked)
		}
	}
}

// TestTwoSitesAreCountedApart by their client IDs.
func TestTwoSitesAreCountedApart(t *testing.T) {
	w := newWorld(t)
	other := "http://localhost:" + ports.Free(t)
	site := w.caddyfile("")
	_, second, _ := strings.Cut(site, "\n}\n")
	second = strings.NewReplacer(w.site, other, "0oa1client", "0oa2client").Replace(second)
	scrape := w.withMetrics(site + second)
	b := w.browser()
	b.get("/healthz")
	for range 2 {
		b.get(other + "/healthz")
	}
	got := scrape()
	got.want(t, "passkeys_requests_total", `,verdict="upstream"`, 1)
	if n := got[`passkeys_requests_total{client_id="0oa2client",verdict="upstream"}`]; n != 2 {
		t.Errorf("the second site has %v requests", n)
	}
	// A site that is gone is no longer shown.
	for sample := range w.withMetrics(site)() {
		if strings.Contains(sample, "0oa2client") {
			t.Errorf("%s is of a site that is gone", sample)
		}
	}
}

// TestStrangersCannotGrowTheMetrics sends what a label could be made of.
func TestStrangersCannotGrowTheMetrics(t *testing.T) {
	w := newWorld(t)
	scrape := w.withMetrics(w.caddyfile(forPrograms))
	b := w.browser()
	b.stay()
	flood := func(i int) {
		n := strconv.Itoa(i)
		for _, target := range []string{
			"/passkeys/" + n, "/" + n, "/passkeys/callback?error=" + n + "&state=x", "/passkeys/login?idp=" + n, "/passkeys/initiate?iss=https://" + n,
			"/passkeys/frontchannel-logout?iss=" + n,
		} {
			b.get(target)
		}
		b.send("M"+n, "/", nil)
		b.postJSON("/passkeys/connect-token", `{"type":"`+n+`"}`)
		b.get("/", "Authorization", "Bearer "+n, "Cookie", "passkeys-session="+n)
	}
	for i := range 10 { // every code once, that of a loop too
		flood(i)
	}
	before := len(scrape())
	for i := range 30 {
		flood(10 + i)
	}
	if after := len(scrape()); after != before {
		t.Errorf("%d series became %d: %v", before, after, scrape())
	}
}

// TestCausesAreBounded is for the day on which a cause comes from a request.
func TestCausesAreBounded(t *testing.T) {
	m := newMeters("x")
	series := make(chan prometheus.Metric, 20*maxCauses)
	m.signIns.Collect(series)
	atFirst := len(series)
	for i := range 10 * maxCauses {
		m.hear(moment.Moment{Kind: moment.SignInFailed, Cause: fmt.Sprint("made_up_", i)})
	}
	m.hear(moment.Moment{Kind: moment.SignInFailed, Cause: "<script>"})
	m.signIns.Collect(series)
	if got := len(series) - 2*atFirst; got > maxCauses+1 {
		t.Errorf("%d series more", got)
	}
}

// TestCountingARequestAllocatesNothing: every request comes by.
func TestCountingARequestAllocatesNothing(t *testing.T) {
	m := newMeters("x")
	if n := testing.AllocsPerRun(100, func() { m.judged(gate.Upstream) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestOperationsHaveEveryMetric holds the table of metrics against the collector.
func TestOperationsHaveEveryMetric(t *testing.T) {
	named := explained(t, "Metrics")
	described := make(chan *prometheus.Desc, 100)
	collector.Describe(described)
	close(described)
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	var known []string
	for d := range described {
		known = append(known, name.FindStringSubmatch(d.String())[1])
	}
	for _, metric := range known {
		if !slices.Contains(named, metric) {
			t.Errorf("docs/operations.md does not explain %s", metric)
		}
	}
	for _, metric := range named {
		if !slices.Contains(known, metric) {
			t.Errorf("docs/operations.md explains %s, which there is not", metric)
		}
	}
}
