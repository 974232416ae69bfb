package caddymodule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// settings maps the name of each setting of a block to its parser. The parser
// finds the dispenser at the name.
type settings map[string]func(d *caddyfile.Dispenser) error

// parse reads the block that the dispenser stands before. It is the one place
// that refuses unknown settings, and repeated ones but for those that add up.
func (known settings) parse(d *caddyfile.Dispenser, block string, repeatable ...string) error {
	seen := make(map[string]int)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		parse, ok := known[name]
		if !ok {
			return d.Errf("unknown setting '%s' in %s; %s", name, block, known.suggest(name))
		}
		if line, repeated := seen[name]; repeated && !slices.Contains(repeatable, name) {
			return d.Errf("%s is set twice in %s, first on line %d; keep one", name, block, line)
		}
		seen[name] = d.Line()
		if err := parse(d); err != nil {
			return err
		}
	}
	return nil
}

// suggest names the setting that was probably meant, or all of them.
func (known settings) suggest(wrong string) string {
	best, distance := "", 3
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if n := editDistance(strings.ToLower(wrong), name); n < distance {
			best, distance = name, n
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean '%s'?", best)
	}
	return "the settings are " + strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}

// editDistance counts the letters to insert, delete or replace (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			row[j+1] = min(above, row[j]) + 1
			if a[i] == b[j] {
				row[j+1] = min(row[j+1], diagonal)
			} else {
				row[j+1] = min(row[j+1], diagonal+1)
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

// block parses a setting that is a block of others. missing names one that is
// required and not there, "" for none; nil asks for none.
func block(name string, known settings, missing func() string) func(*caddyfile.Dispenser) error {
	return func(d *caddyfile.Dispenser) error {
		at := placeOf(d)
		if d.NextArg() {
			return d.Errf("%s takes a block and no arguments, not '%s'", name, d.Val())
		}
		if err := known.parse(d, name); err != nil {
			return err
		}
		if missing != nil && missing() != "" {
			return at.errorf("%s", missing())
		}
		return nil
	}
}

// text parses a setting with exactly one argument into dst.
func text(dst *string) func(*caddyfile.Dispenser) error {
	return func(d *caddyfile.Dispenser) error {
		name := d.Val()
		if !d.AllArgs(dst) {
			return d.Errf("%s takes exactly one value", name)
		}
		return noBlock(d, name)
	}
}

// texts parses a setting with one or more arguments into dst.
func texts(dst *[]string) func(*caddyfile.Dispenser) error {
	return func(d *caddyfile.Dispenser) error {
		name := d.Val()
		if *dst = d.RemainingArgs(); len(*dst) == 0 {
			return d.Errf("%s needs at least one value", name)
		}
		return noBlock(d, name)
	}
}

// duration parses a setting with one duration, like 30m or 8h or 30d.
func duration(dst *caddy.Duration) func(*caddyfile.Dispenser) error {
	return func(d *caddyfile.Dispenser) error {
		name := d.Val()
		var raw string
		if !d.AllArgs(&raw) {
			return d.Errf("%s takes exactly one duration, like 30m or 8h or 30d", name)
		}
		parsed, err := caddy.ParseDuration(raw)
		if err != nil || parsed <= 0 {
			return d.Errf("%s '%s' is not a positive duration; write it like 30m or 8h or 30d", name, raw)
		}
		*dst = caddy.Duration(parsed)
		return noBlock(d, name)
	}
}

// durationOrOff is duration with "off" for a negative one, which is never.
func durationOrOff(dst *caddy.Duration) func(*caddyfile.Dispenser) error {
	return func(d *caddyfile.Dispenser) error {
		name := d.Val()
		if d.NextArg() {
			if d.Val() == "off" && d.CountRemainingArgs() == 0 {
				*dst = -1
				return noBlock(d, name)
			}
			d.Prev()
		}
		return duration(dst)(d)
	}
}

// noBlock refuses a block behind a setting that has none.
func noBlock(d *caddyfile.Dispenser, name string) error {
	if d.NextBlock(d.Nesting()) {
		return d.Errf("%s takes no block", name)
	}
	return nil
}

// place remembers where a directive or block begins, for errors about what is
// missing from it.
type place struct {
	file string
	line int
}

func placeOf(d *caddyfile.Dispenser) place { return place{d.File(), d.Line()} }

func (p place) errorf(format string, args ...any) error {
	return fmt.Errorf(format+", at %s:%d", append(args, p.file, p.line)...)
}
