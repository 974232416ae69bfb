package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// cpuTime is the user and system time that all threads of a process have had,
// from the kernel's scheduler: nanoseconds, not clock ticks of 10 ms (Linux:
// Documentation/scheduler/sched-stats.rst, /proc/<pid>/schedstat). The file of
// the process itself holds its first thread only. Go ends hardly any thread, and
// the time of one that ended would be missing on both sides.
func cpuTime(proc fs.FS, pid int) (time.Duration, error) {
	threads, err := fs.Glob(proc, path.Join(strconv.Itoa(pid), "task", "*", "schedstat"))
	if err != nil {
		return 0, err
	}
	if len(threads) == 0 {
		return 0, fmt.Errorf("process %d: no schedstat; it has ended, or the kernel does not keep it", pid)
	}
	var sum time.Duration
	for _, name := range threads {
		raw, err := fs.ReadFile(proc, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the thread has just ended
		}
		if err != nil {
			return 0, err
		}
		first, _, _ := strings.Cut(string(raw), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		sum += time.Duration(ns)
	}
	return sum, nil
}

// memory is what a process holds of the machine's, in bytes.
type memory struct {
	// resident counts the pages of the binary too, anonymous does not.
	resident, anonymous int64
}

// memoryOf reads VmRSS and RssAnon (Linux: proc_pid_status(5)).
func memoryOf(proc fs.FS, pid int) (memory, error) {
	raw, err := fs.ReadFile(proc, path.Join(strconv.Itoa(pid), "status"))
	if err != nil {
		return memory{}, err
	}
	var m memory
	for name, into := range map[string]*int64{"VmRSS": &m.resident, "RssAnon": &m.anonymous} {
		if *into, err = statusBytes(string(raw), name); err != nil {
			return memory{}, fmt.Errorf("process %d: %w", pid, err)
		}
	}
	return m, nil
}

func statusBytes(status, name string) (int64, error) {
	for line := range strings.Lines(status) {
		value, found := strings.CutPrefix(line, name+":")
		if !found {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		return kib << 10, nil
	}
	return 0, fmt.Errorf("no %s in its status", name)
}

// processor names the machine's CPU, for the report's head.
func processor(proc fs.FS) string {
	raw, err := fs.ReadFile(proc, "cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	for line := range strings.Lines(string(raw)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}
