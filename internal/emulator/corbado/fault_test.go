package corbado

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// must sets a fault.
func (d *desk) must(f Fault) {
	d.t.Helper()
	if err := d.srv.Fault(f); err != nil {
		d.t.Fatal(err)
	}
}

// groups is one call of every group, and the answer it has on a good day.
var groups = map[string]func(d *desk) (answer, error){
	groupBackend: func(d *desk) (answer, error) {
		return d.try(http.MethodGet, "/v2/connectTokens", nil, withSecret)
	},
	groupFrontend: func(d *desk) (answer, error) {
		return d.try(http.MethodPost, "/v2/connect/append/init", map[string]any{}, fromPage(""))
	},
	groupCDN: func(d *desk) (answer, error) {
		return d.try(http.MethodGet, "/connect/dist/web-js-latest.min.js", nil)
	},
	groupOIDC: func(d *desk) (answer, error) {
		return d.try(http.MethodGet, "/.well-known/openid-configuration", nil)
	},
	groupPath: func(d *desk) (answer, error) {
		return d.try(http.MethodPost, "/v2/connect/manage/init", map[string]any{}, fromPage(""))
	},
}

func TestFaultStatus(t *testing.T) {
	kinds := map[string]string{"401": errLogin, "429": errRateLimited, "500": errInternal}
	for group, call := range groups {
		for effect, status := range map[string]int{"401": 401, "429": 429, "500": 500, "503": 503} {
			t.Run(group+"-"+effect, func(t *testing.T) {
				d := newDesk(t)
				d.must(Fault{Name: group + "-" + effect, Times: 2, Path: pathOf(group)})
				for range 2 {
					a, err := call(d)
					if err != nil || a.status != status || a.errorType() != kinds[effect] {
						t.Fatalf("%v %d %s", err, a.status, a.raw)
					}
					if (a.header.Get("Retry-After") != "") != (effect == "429") {
						t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
					}
				}
				if a, err := call(d); err != nil || a.status != http.StatusOK {
					t.Errorf("third call: %v %d", err, a.status)
				}
			})
		}
	}
}

func pathOf(group string) string {
	if group == groupPath {
		return "/v2/connect/manage/"
	}
	return ""
}

func TestFaultMalformed(t *testing.T) {
	for group, call := range groups {
		t.Run(group, func(t *testing.T) {
			d := newDesk(t)
			d.must(Fault{Name: group + "-malformed", Path: pathOf(group)})
			a, err := call(d)
			if err != nil || a.status != http.StatusOK || json.Valid([]byte(a.raw)) {
				t.Errorf("%v %d %s", err, a.status, a.raw)
			}
		})
	}
}

func TestFaultDown(t *testing.T) {
	for group, call := range groups {
		t.Run(group, func(t *testing.T) {
			d := newDesk(t)
			d.must(Fault{Name: group + "-down", Path: pathOf(group)})
			if a, err := call(d); err == nil {
				t.Errorf("got an answer: %d %s", a.status, a.raw)
			}
			d.srv.ClearFaults()
			if a, err := call(d); err != nil || a.status != http.StatusOK {
				t.Errorf("after clearing: %v %d", err, a.status)
			}
		})
	}
}

func TestFaultHangEndsWhenTheClientLeaves(t *testing.T) {
	d := newDesk(t)
	d.must(Fault{Name: "backend-hang"})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-d.log.met
		leave()
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+"/v2/connectTokens", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err == nil {
		_ = res.Body.Close()
		t.Fatal("got an answer")
	}
}

func TestFaultHangEndsWhenCleared(t *testing.T) {
	d := newDesk(t)
	d.must(Fault{Name: "frontend-hang", Times: 1})
	go func() {
		<-d.log.met
		d.srv.ClearFaults()
	}()
	if a, err := groups[groupFrontend](d); err == nil {
		t.Fatalf("got an answer: %d", a.status)
	}
}

func TestFaultDelay(t *testing.T) {
	d := newDesk(t)
	const delay = 30 * time.Millisecond
	d.must(Fault{Name: "cdn-delay", Delay: delay})
	d.must(Fault{Name: "cdn-503", Times: 1})
	for _, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
		start := time.Now()
		a, err := groups[groupCDN](d)
		if err != nil || a.status != want || time.Since(start) < delay {
			t.Errorf("%v %d after %v; want %d", err, a.status, time.Since(start), want)
		}
	}
}

func TestFaultTouchesItsGroupOnly(t *testing.T) {
	for group := range groups {
		d := newDesk(t)
		d.must(Fault{Name: group + "-500", Path: pathOf(group)})
		for other, call := range groups {
			hit := other == group || group == groupFrontend && other == groupPath
			if a, err := call(d); err != nil || (a.status == http.StatusInternalServerError) != hit {
				t.Errorf("%s-500 on %s: %v %d", group, other, err, a.status)
			}
		}
		if a := d.call(http.MethodOptions, "/v2/connect/manage/init", nil, preflightFrom(testOrigin)); a.status != http.StatusNoContent {
			t.Errorf("%s-500 on a preflight: %d", group, a.status)
		}
		if a := d.call(http.MethodGet, "/__emulator/faults", nil); a.status != http.StatusOK {
			t.Errorf("%s-500 on the controls: %d", group, a.status)
		}
	}
}

func TestFaultRefusesWhatMakesNoSense(t *testing.T) {
	d := newDesk(t)
	for _, f := range []Fault{
		{Name: "backend-418"},
		{Name: ""},
		{Name: "backend-500", Times: -1},
		{Name: "backend-500", Path: "/v2/"},
		{Name: "backend-500", Path: "v2"},
		{Name: "path-500"},
		{Name: "path-500", Path: "v2"},
		{Name: "backend-delay"},
		{Name: "backend-delay", Delay: -time.Second},
		{Name: FaultTokenExpired, Delay: time.Second},
		{Name: FaultTokenExpired, Path: "/v2/"},
	} {
		if err := d.srv.Fault(f); err == nil {
			t.Errorf("took %+v", f)
		}
	}
	if set := d.srv.Faults(); len(set) != 0 {
		t.Errorf("set: %+v", set)
	}
}

func TestFaultReplacesItself(t *testing.T) {
	d := newDesk(t)
	d.must(Fault{Name: "backend-500", Times: 1})
	d.must(Fault{Name: "backend-500", Times: 5})
	d.must(Fault{Name: "path-500", Path: "/a"})
	d.must(Fault{Name: "path-500", Path: "/b"})
	if set := d.srv.Faults(); len(set) != 3 || set[0].Times != 5 {
		t.Errorf("set: %+v", set)
	}
}
