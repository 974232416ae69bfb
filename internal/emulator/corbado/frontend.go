package corbado

import (
	"net/http"
	"slices"
	"time"
)

// frontendRoutes is the Frontend API as the published component calls it
// (Corbado: Frontend API, Connect).
func (s *Server) frontendRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	for path, call := range map[string]endpoint{
		"/v2/connect/append/init":   s.appendInit,
		"/v2/connect/append/start":  s.appendStart,
		"/v2/connect/append/finish": s.appendFinish,
		"/v2/connect/manage/init":   s.manageInit,
		"/v2/connect/manage/list":   s.manageList,
		"/v2/connect/manage/delete": s.manageDelete,
		"/v2/connect/login/init":    s.loginInit,
		"/v2/connect/login/start":   s.loginStart,
		"/v2/connect/login/finish":  s.loginFinish,
		"/v2/connect/events":        s.componentEvent,
	} {
		mux.Handle(path, s.serve(methods{http.MethodPost: call}))
	}
	mux.HandleFunc("/", s.unknown)
	return mux
}

// serveFrontend lets a request through to the Frontend API if it comes from an
// allowed page (or from no page: an app) and names the project.
func (s *Server) serveFrontend(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	origin := r.Header.Get("Origin")
	allowed := slices.Contains(s.origins, origin)
	allowOrigin(w, origin, allowed)
	if preflight(r) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if !s.meetFaults(w, r, groupFrontend) {
		return
	}
	if origin != "" && !allowed {
		s.journal.record(r.Context(), "foreign_page_refused", detail{"origin", origin})
		s.refuse(w, time.Now(), invalid("origin", "the origin "+origin+" is not authorized"))
		return
	}
	if r.Header.Get("X-Corbado-ProjectID") != s.projectID {
		s.refuse(w, time.Now(), &apiError{
			status: http.StatusUnauthorized, kind: errLogin, details: "X-Corbado-ProjectID is not this project",
		})
		return
	}
	s.frontend.ServeHTTP(w, r)
}

// preflightAge is how long a browser may remember a preflight answer, in
// seconds.
const preflightAge = "600"

// allowOrigin writes the CORS headers: for one exact origin, since the component
// sends credentials, for which browsers take no wildcard (WHATWG Fetch, CORS
// protocol). A page that is not allowed gets none.
func allowOrigin(w http.ResponseWriter, origin string, allowed bool) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if !allowed {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers",
		"Content-Type, X-Corbado-Client-Timezone, X-Corbado-Process-ID, X-Corbado-ProjectID, X-Corbado-SDK")
	h.Set("Access-Control-Max-Age", preflightAge)
}

func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// initReq opens the page's business. The emulator keeps nothing of what the
// browser tells about itself.
type initReq struct {
	ClientInformation struct {
		ClientEnvHandle string `json:"clientEnvHandle"`
	} `json:"clientInformation"`
}

// initRsp is what the three init calls answer in common. ExpiresAt is in Unix
// seconds. Flags must be an object: the component iterates over it.
type initRsp struct {
	ExpiresAt          int64             `json:"expiresAt"`
	FrontendAPIURL     string            `json:"frontendApiUrl"`
	Flags              map[string]string `json:"flags"`
	NewClientEnvHandle string            `json:"newClientEnvHandle,omitempty"`
}

func (s *Server) begin(r *http.Request) (process string, rsp initRsp, err error) {
	var in initReq
	if err := readJSON(r, &in); err != nil {
		return "", initRsp{}, err
	}
	rsp = initRsp{
		ExpiresAt:      s.Now().Add(decisionLifetime).Unix(),
		FrontendAPIURL: s.publicURL,
		Flags:          map[string]string{},
	}
	if in.ClientInformation.ClientEnvHandle == "" {
		rsp.NewClientEnvHandle = newID("che")
	}
	return s.newProcess(r), rsp, nil
}

// componentEvent takes what the component tells about itself.
func (s *Server) componentEvent(r *http.Request) (any, error) {
	var in struct {
		EventType string `json:"eventType"`
		Message   string `json:"message"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if s.faults.take(FaultEventsFail) {
		return nil, &apiError{status: http.StatusInternalServerError, kind: errInternal}
	}
	if in.EventType == "" {
		return nil, invalid("eventType", "cannot be blank")
	}
	s.journal.record(r.Context(), "component_event",
		detail{"type", in.EventType}, detail{"message", in.Message},
		detail{"process", short(r.Header.Get(processHeader))})
	return noContent{}, nil
}
