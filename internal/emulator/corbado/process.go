package corbado

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"
)

const (
	// processLifetime is how long a page may go on with the process it has.
	processLifetime = 8 * time.Hour
	// decisionLifetime is how long a browser may remember the answer of an init
	// call. Corbado's is about half an hour; a tester wants to see a fault sooner.
	decisionLifetime = 5 * time.Minute
	// processHeader carries the process id after the init call.
	processHeader = "X-Corbado-Process-ID"
)

// processes knows the process ids that it gave out by their signature, not by a
// list. Browsers keep a process id in localStorage, and the published component
// never recovers from one that the server has forgotten, so an id must outlive a
// restart of the emulator.
type processes struct{ key []byte }

func newProcesses(projectID, apiSecret string) processes {
	mac := hmac.New(sha256.New, []byte(apiSecret))
	mac.Write([]byte("process ids of " + projectID))
	return processes{key: mac.Sum(nil)}
}

// A process id is base64url of: expiry in Unix seconds (8 bytes), random
// (8 bytes), signature (16 bytes).
const (
	processBody = 16
	processSize = 32
)

func (ps processes) issue(now time.Time) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(now.Add(processLifetime).Unix())) //nolint:gosec // G115: times are after 1970
	raw = append(raw, random(alphanumeric, processBody-len(raw))...)
	return base64.RawURLEncoding.EncodeToString(append(raw, ps.sign(raw)...))
}

func (ps processes) known(id string, now time.Time) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) != processSize || !hmac.Equal(ps.sign(raw[:processBody]), raw[processBody:]) {
		return false
	}
	return uint64(now.Unix()) < binary.BigEndian.Uint64(raw) //nolint:gosec // G115: times are after 1970
}

func (ps processes) sign(body []byte) []byte {
	mac := hmac.New(sha256.New, ps.key)
	mac.Write(body)
	return mac.Sum(nil)[:processSize-processBody]
}

// process returns the process that r belongs to. An init call may come without
// one, or with one that is no longer known, and starts a new one; no other call
// may.
func (s *Server) process(r *http.Request) (string, error) {
	id := r.Header.Get(processHeader)
	if !s.processes.known(id, s.Now()) || s.faults.take(FaultProcessLost) {
		return "", invalid(processHeader, "is not a process of this project; call init first")
	}
	return id, nil
}

// newProcess returns the process of an init call: the one it names, if known.
func (s *Server) newProcess(r *http.Request) string {
	if id, err := s.process(r); err == nil {
		return id
	}
	id := s.processes.issue(s.Now())
	s.journal.record(r.Context(), "process_started", detail{"process", short(id)}, detail{"page", r.Header.Get("Origin")})
	return id
}

// short is enough of a process id to tell two apart in the journal, and too
// little to use it.
func short(processID string) string {
	const from, to = 11, 19 // characters of the random part
	if len(processID) < to {
		return ""
	}
	return processID[from:to]
}
