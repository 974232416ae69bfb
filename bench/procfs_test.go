package main

import (
	"os"
	"runtime"
	"testing"
	"testing/fstest"
	"time"
)

func TestCPUTimeSumsThreads(t *testing.T) {
	proc := fstest.MapFS{
		"42/schedstat":           {Data: []byte("1000000 5 1\n")},
		"42/task/42/schedstat":   {Data: []byte("1000000 5 1\n")},
		"42/task/43/schedstat":   {Data: []byte("2500000 0 9\n")},
		"42/task/43/status":      {Data: []byte("Name:\tcaddy\n")},
		"7/task/7/schedstat":     {Data: []byte("nonsense\n")},
		"421/task/421/schedstat": {Data: []byte("99 0 0\n")},
	}
	if got, err := cpuTime(proc, 42); err != nil || got != 3500*time.Microsecond {
		t.Errorf("got %s, %v", got, err)
	}
	for _, pid := range []int{7, 8} {
		if got, err := cpuTime(proc, pid); err == nil {
			t.Errorf("process %d: got %s and no error", pid, got)
		}
	}
}

func TestMemoryOf(t *testing.T) {
	proc := fstest.MapFS{
		"42/status": {Data: []byte("Name:\tVmRSS:\nVmHWM:\t  999 kB\nVmRSS:\t   51200 kB\nRssAnon:\t    2048 kB\n")},
		"43/status": {Data: []byte("Name:\tzombie\nState:\tZ\n")},
		"44/status": {Data: []byte("VmRSS:\tmuch\nRssAnon:\t1 kB\n")},
	}
	if got, err := memoryOf(proc, 42); err != nil || got != (memory{50 << 20, 2 << 20}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, pid := range []int{43, 44, 45} {
		if got, err := memoryOf(proc, pid); err == nil {
			t.Errorf("process %d: got %+v and no error", pid, got)
		}
	}
}

func TestThisMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the kernel's accounting is read from Linux's /proc")
	}
	proc := os.DirFS("/proc")
	before, err := cpuTime(proc, os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(50 * time.Millisecond); time.Now().Before(until); {
	}
	after, err := cpuTime(proc, os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if spent := after - before; spent < 5*time.Millisecond || spent > time.Second {
		t.Errorf("50 ms of work count as %s", spent)
	}
	if m, err := memoryOf(proc, os.Getpid()); err != nil || m.anonymous <= 0 || m.resident < m.anonymous {
		t.Errorf("got %+v, %v", m, err)
	}
}
