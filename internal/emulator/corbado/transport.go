package corbado

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// gatewayPage is what stands in front of a cloud says when nothing is behind it.
const gatewayPage = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n" +
	"<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n"

// meetFaults lets r meet the transport faults of its group, and says whether it
// still wants its normal answer.
func (s *Server) meetFaults(w http.ResponseWriter, r *http.Request, group string) bool {
	cleared := s.faults.cleared()
	for _, f := range s.faults.transport(group, r.URL.Path) {
		s.journal.record(r.Context(), "fault_met", detail{"fault", f.Name}, detail{"path", r.URL.Path})
		if f.Delay > 0 {
			wait(r, cleared, time.After(f.Delay))
		}
		_, effect, _ := strings.Cut(f.Name, "-")
		if effect != effectDelay {
			s.fail(w, r, effect, cleared)
			return false
		}
	}
	return true
}

// wait returns when enough time has passed or the faults are cleared. It ends the
// request when the client leaves.
func wait(r *http.Request, cleared <-chan struct{}, enough <-chan time.Time) {
	select {
	case <-enough:
	case <-cleared:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

// fail answers with the effect of a transport fault.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, effect string, cleared <-chan struct{}) {
	switch effect {
	case effectHang:
		// net/http notices that a client has left only once the body is read.
		_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody))
		wait(r, cleared, nil)
		panic(http.ErrAbortHandler)
	case effectDown:
		panic(http.ErrAbortHandler)
	case effectMalformed:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"ctk-`)
	case "503":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, gatewayPage)
	case "401":
		s.refuse(w, time.Now(), &apiError{status: http.StatusUnauthorized, kind: errLogin})
	case "429":
		w.Header().Set("Retry-After", "10") // the documented window: 2000 requests in 10 s
		s.refuse(w, time.Now(), &apiError{status: http.StatusTooManyRequests, kind: errRateLimited})
	default:
		s.refuse(w, time.Now(), &apiError{status: http.StatusInternalServerError, kind: errInternal})
	}
}
