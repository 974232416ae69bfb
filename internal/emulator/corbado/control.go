package corbado

import (
	"net"
	"net/http"
	"strings"
	"time"
)

// controlRoutes is what a tester may do to the emulator. Each call has a Go
// method beside it.
func (s *Server) controlRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/__emulator/faults", s.serve(methods{
		http.MethodPost:   s.postFault,
		http.MethodGet:    s.getFaults,
		http.MethodDelete: s.deleteFaults,
	}))
	mux.Handle("/__emulator/events", s.serve(methods{http.MethodGet: func(*http.Request) (any, error) {
		return map[string]any{"events": s.Events()}, nil
	}}))
	mux.Handle("/__emulator/users", s.serve(methods{http.MethodGet: func(*http.Request) (any, error) {
		return map[string]any{"users": s.Users()}, nil
	}}))
	mux.Handle("/__emulator/clock", s.serve(methods{
		http.MethodPost: s.postClock,
		http.MethodGet: func(*http.Request) (any, error) {
			return map[string]any{"now": s.Now()}, nil
		},
	}))
	mux.Handle("/__emulator/reset", s.serve(methods{http.MethodPost: func(*http.Request) (any, error) {
		s.Reset()
		return generic{}, nil
	}}))
	mux.HandleFunc("/", s.unknown)
	return mux
}

// serveControl lets only programs on this machine at the controls.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !local(r) {
		s.refuse(w, time.Now(), &apiError{
			status: http.StatusForbidden, kind: errLogin, details: "the controls answer programs on this machine only",
		})
		return
	}
	s.controls.ServeHTTP(w, r)
}

// local says whether a program on this machine sent r. The peer must be a
// loopback address, and so must everyone that a proxy on this machine speaks
// for. A browser gives itself away by Origin or Sec-Fetch-Site: a page that the
// tester visits must not reach the controls; a URL typed by hand (site "none")
// may.
func local(r *http.Request) bool {
	if r.Header.Get("Origin") != "" {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" && site != "same-origin" {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !loopback(host) {
		return false
	}
	for _, line := range r.Header.Values("X-Forwarded-For") {
		for from := range strings.SplitSeq(line, ",") {
			if !loopback(strings.TrimSpace(from)) {
				return false
			}
		}
	}
	return true
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// faultJSON is [Fault] with the delay as a person writes it: "2s".
type faultJSON struct {
	Name  string `json:"name"`
	Times int    `json:"times"`
	Delay string `json:"delay,omitempty"`
	Path  string `json:"path,omitempty"`
}

func (s *Server) postFault(r *http.Request) (any, error) {
	var in faultJSON
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	f := Fault{Name: in.Name, Times: in.Times, Path: in.Path}
	if in.Delay != "" {
		d, err := time.ParseDuration(in.Delay)
		if err != nil {
			return nil, invalid("delay", "must be a duration such as 2s")
		}
		f.Delay = d
	}
	if err := s.Fault(f); err != nil {
		return nil, invalid("name", strings.TrimPrefix(err.Error(), "corbado: "))
	}
	s.journal.record(r.Context(), "fault_set", detail{"fault", f.Name}, detail{"path", f.Path})
	return s.getFaults(r)
}

func (s *Server) getFaults(*http.Request) (any, error) {
	set := []faultJSON{}
	for _, f := range s.Faults() {
		j := faultJSON{Name: f.Name, Times: f.Times, Path: f.Path}
		if f.Delay > 0 {
			j.Delay = f.Delay.String()
		}
		set = append(set, j)
	}
	return map[string]any{"faults": set, "names": FaultNames()}, nil
}

func (s *Server) deleteFaults(r *http.Request) (any, error) {
	s.ClearFaults()
	s.journal.record(r.Context(), "faults_cleared")
	return s.getFaults(r)
}

func (s *Server) postClock(r *http.Request) (any, error) {
	var in struct {
		Advance string `json:"advance"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil || d <= 0 {
		return nil, invalid("advance", "must be a positive duration such as 30m")
	}
	s.Advance(d)
	s.journal.record(r.Context(), "clock_advanced", detail{"by", d.String()})
	return map[string]any{"now": s.Now()}, nil
}
