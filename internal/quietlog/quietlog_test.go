package quietlog

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/logs"
)

func quiet(t *testing.T) (l *Log, lines func() []string, pass func(time.Duration)) {
	t.Helper()
	var out logs.Buffer
	now := time.Unix(1_800_000_000, 0)
	l = New(slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return now })
	return l, func() []string { return strings.Split(strings.TrimSpace(out.String()), "\n") }, func(d time.Duration) { now = now.Add(d) }
}

func TestFloodOfOneKindHidesNoOther(t *testing.T) {
	l, lines, pass := quiet(t)
	for range 1000 {
		l.LogAttrs(t.Context(), slog.LevelWarn, "refused", "a")
		l.LogAttrs(t.Context(), slog.LevelDebug, "not looked at", "")
	}
	l.LogAttrs(t.Context(), slog.LevelWarn, "refused", "b")
	l.LogAttrs(t.Context(), slog.LevelInfo, "something else", "a")
	if got := lines(); len(got) != PerMinute+2 {
		t.Errorf("%d lines: %q", len(got), got)
	}
	pass(time.Minute)
	for range PerMinute + 5 {
		l.LogAttrs(t.Context(), slog.LevelWarn, "refused", "a")
	}
	got := lines()
	if len(got) != 2*PerMinute+2 || !strings.Contains(got[PerMinute+2], fmt.Sprintf("not_logged=%d", 1000-PerMinute)) || strings.Contains(got[PerMinute+3], "not_logged") {
		t.Errorf("a minute later: %q", got)
	}
	pass(-time.Hour) // a clock that is set back silences nobody
	l.LogAttrs(t.Context(), slog.LevelWarn, "refused", "a")
	if got := lines(); len(got) != 2*PerMinute+3 || !strings.Contains(got[len(got)-1], "not_logged=5") {
		t.Errorf("an hour back: %q", got)
	}
}

func TestHugeTextsAreCut(t *testing.T) {
	l, lines, _ := quiet(t)
	huge := strings.Repeat("é", 1<<19)
	l.LogAttrs(t.Context(), slog.LevelWarn, "refused", "", slog.String("host", huge), slog.Any("error", errors.New(huge)), slog.Int("n", 7), slog.Any("list", []int{1}))
	if got := lines()[0]; len(got) > 3*maxText || !strings.Contains(got, "…") || strings.Contains(got, "\uFFFD") || !strings.Contains(got, "n=7 list=[1]") {
		t.Errorf("%d bytes: %.200s", len(got), got)
	}
}

func TestKindsAreBounded(t *testing.T) {
	l, lines, _ := quiet(t)
	for i := range 100 * maxKinds {
		l.LogAttrs(t.Context(), slog.LevelWarn, "refused", fmt.Sprint(i))
	}
	if got := lines(); len(got) > maxKinds+PerMinute || len(l.kinds) > maxKinds+1 {
		t.Errorf("%d lines, %d kinds", len(got), len(l.kinds))
	}
}

func TestManyAtOnce(t *testing.T) {
	l, lines, _ := quiet(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 50 {
				l.LogAttrs(t.Context(), slog.LevelWarn, "refused", "")
			}
		})
	}
	all.Wait()
	if got := lines(); len(got) != PerMinute {
		t.Errorf("%d lines", len(got))
	}
	New(nil, nil).LogAttrs(t.Context(), slog.LevelError, "to nobody", "")
}
