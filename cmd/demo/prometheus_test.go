package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/ports"
)

const (
	alertRules = "../../deploy/prometheus/alerts.yml"
	dashboard  = "../../deploy/grafana/dashboard.json"
)

// needPrometheus skips a test on machines without it; `make test` installs it.
func needPrometheus(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed; on Debian: apt-get install prometheus", program)
	}
}

// TestAlertRules checks the rules' form, and plays each alert, as promtool does.
func TestAlertRules(t *testing.T) {
	needPrometheus(t, "promtool")
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...) //nolint:gosec // G204: its arguments are above
		cmd.Dir = filepath.Dir(alertRules)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v in deploy/prometheus: %v\n%s", args, err, out)
		}
	}
}

// TestEveryAlertHasItsRunbook holds the rules and what plays them against the table of
// docs/operations.md.
func TestEveryAlertHasItsRunbook(t *testing.T) {
	_, runbook, _ := strings.Cut(text(t, "../../docs/operations.md"), "\n## Alerts\n")
	runbook, _, _ = strings.Cut(runbook, "\n## ")
	names := func(form, in string) (all []string) {
		for _, m := range regexp.MustCompile(form).FindAllStringSubmatch(in, -1) {
			all = append(all, m[1])
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	rules := names(`(?m)^ +- alert: (\w+)$`, text(t, alertRules))
	if len(rules) < 10 {
		t.Fatalf("only %v in %s", rules, alertRules)
	}
	if explained := names("(?m)^\\| `(\\w+)` \\|", runbook); !slices.Equal(explained, rules) {
		t.Errorf("docs/operations.md explains %v, the rules are %v", explained, rules)
	}
	if played := names(`(?m)^ +alertname: (\w+)$`, text(t, "../../deploy/prometheus/alerts_test.yml")); !slices.Equal(played, rules) {
		t.Errorf("alerts_test.yml plays %v, the rules are %v", played, rules)
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file) //nolint:gosec // G304: a file of the repository
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestTheDashboardFindsItsSeries has Prometheus scrape the demo while the journey is
// played, loads the alerts, and asks every query of the dashboard.
func TestTheDashboardFindsItsSeries(t *testing.T) {
	needPrometheus(t, "prometheus")
	w := &witness{}
	told := newJournal(io.Discard)
	o := options{listen: anyPort, enroll: defaultEnroll, idle: defaultIdle, generation: "g2"}
	p, err := start(t.Context(), o, told, w)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if err := p.place.await(t.Context()); err != nil {
		t.Fatal(err)
	}
	target := fmt.Sprint("127.0.0.1:", p.place.Port)
	prom := startPrometheus(t, target)
	j, err := newJourney(p.place, w)
	if err != nil {
		t.Fatal(err)
	}
	w.keep("client secret", p.secrets.client)
	w.keep("API secret", p.secrets.api)
	var out bytes.Buffer
	if err := j.play(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	// Two scrapes after the last step, so that rates have something to compare.
	seen := prom.value(t, `sum(scrape_samples_scraped)`)
	prom.until(t, "two more scrapes", fmt.Sprintf(`count_over_time(up[1h]) >= %v`, prom.value(t, `count_over_time(up[1h])`)+2))
	if seen < 50 {
		t.Errorf("a scrape has %v samples", seen)
	}

	// The funnel is what was played: alice added a passkey, bob skipped the offer.
	for step, want := range map[string]float64{"completed": 1, "skipped": 1} {
		if got := prom.value(t, `sum(passkeys_offers_total{step="`+step+`"})`); got != want {
			t.Errorf("%s is %v, played was %v", step, got, want)
		}
	}
	if got := prom.value(t, `sum(passkeys_sign_ins_total{outcome="success",passkey="true"})`); got != 1 {
		t.Errorf("%v sign-ins by passkey, played was one", got)
	}
	for line, query := range dashboardQueries(t) {
		if n, err := prom.ask(t.Context(), query); err != nil || len(n) == 0 {
			t.Errorf("%s:%d: finds nothing: %v\n%s", dashboard, line, err, query)
		}
	}
	if leaked, _, _ := (&witness{secrets: w.secrets, logs: *bytes.NewBufferString(get(t, "http://"+target+"/metrics"))}).found(); len(leaked) > 0 {
		t.Errorf("the metrics hold %v", leaked)
	}
}

// dashboardQueries are those of its panels, as Grafana would ask them with everything
// selected, by the line of the file.
func dashboardQueries(t *testing.T) map[int]string {
	t.Helper()
	var d struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	raw := text(t, dashboard)
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		at := len(raw)
		if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = int(wrong.Offset)
		}
		t.Fatalf("%s:%d: %v", dashboard, 1+strings.Count(raw[:at], "\n"), err)
	}
	as := strings.NewReplacer("$client_id", ".*", "$__rate_interval", "1h", "$__range", "1h")
	queries, rest, line := make(map[int]string), raw, 1
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			before, after, found := strings.Cut(rest, `"expr": `)
			if !found {
				t.Fatalf("%s:%d: a target without its own line for expr", dashboard, line)
			}
			line += strings.Count(before, "\n")
			queries[line], rest = as.Replace(target.Expr), after
		}
	}
	if len(queries) < 20 {
		t.Fatalf("%s has only %d queries", dashboard, len(queries))
	}
	return queries
}

// prometheus is a server of its own for a test.
type prometheus struct{ origin string }

func startPrometheus(t *testing.T, target string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs(alertRules)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte(`
global: { scrape_interval: 500ms, evaluation_interval: 500ms }
rule_files: ["`+rules+`"]
scrape_configs:
  - job_name: sidecar
    static_configs: [{ targets: ["`+target+`"] }]
`), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + ports.Free(t)
	var log bytes.Buffer
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address) //nolint:gosec,noctx // G204: its own arguments; it ends below
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("Prometheus said:\n%s", log.String())
		}
	})
	prom := &prometheus{"http://" + address}
	prom.until(t, "a first scrape", `up == 1`)
	if loaded := get(t, prom.origin+"/api/v1/rules"); strings.Count(loaded, `"type":"alerting"`) < 10 {
		t.Errorf("the rules that it loaded: %s", loaded)
	}
	return prom
}

// ask returns the values that a query finds.
func (p *prometheus) ask(ctx context.Context, query string) (values []string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.origin+"/api/v1/query?query="+url.QueryEscape(query), nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Error string
		Data  struct{ Result []struct{ Value [2]any } }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("%s", answer.Error)
	}
	for _, r := range answer.Data.Result {
		values = append(values, fmt.Sprint(r.Value[1]))
	}
	return values, nil
}

// value is the one that a query finds, 0 for none.
func (p *prometheus) value(t *testing.T, query string) (v float64) {
	t.Helper()
	values, err := p.ask(t.Context(), query)
	if err != nil || len(values) > 1 {
		t.Fatalf("%s: %v %v", query, values, err)
	}
	if len(values) == 1 {
		_, _ = fmt.Sscan(values[0], &v)
	}
	return v
}

func (p *prometheus) until(t *testing.T, what, query string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if values, err := p.ask(t.Context(), query); err == nil && len(values) > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s did not come", what)
		}
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
