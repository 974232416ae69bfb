package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// module is what the paths of our packages begin with.
const module = "github.com/passkey-sidecar/passkey-sidecar/"

// room is a package of the product, by its folder.
type room struct {
	name string
	// doc is the first sentence of its doc comment.
	doc string
	// imports are the rooms that it imports itself, tests aside, in order.
	imports []string
}

// graph holds every room that a program in cmd is made of, by name. Rooms that
// only tests and build steps import are not in it.
type graph map[string]*room

// readGraph asks the Go tool about the module in the working directory.
func readGraph() (graph, error) {
	list := exec.Command("go", "list", "-json=ImportPath,Imports,Doc", "./...") //nolint:noctx // a short command
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w", list.Args, err)
	}
	return parse(strings.NewReader(string(out)))
}

// parse reads the JSON of go list.
func parse(list io.Reader) (graph, error) {
	all := make(graph)
	for decoder := json.NewDecoder(list); ; {
		var p struct {
			ImportPath, Doc string
			Imports         []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		r := &room{name: strings.TrimPrefix(p.ImportPath, module), doc: p.Doc}
		for _, path := range p.Imports {
			if name, ours := strings.CutPrefix(path, module); ours {
				r.imports = append(r.imports, name)
			}
		}
		slices.Sort(r.imports)
		all[r.name] = r
	}
	g := make(graph)
	for _, name := range all.names() {
		if strings.HasPrefix(name, "cmd/") {
			g.add(name, all)
		}
	}
	if len(g) == 0 {
		return nil, errors.New("there is no program in cmd: run this from the root of the repository")
	}
	return g, nil
}

// add takes over a room and all that it imports.
func (g graph) add(name string, from graph) {
	if g[name] != nil || from[name] == nil {
		return
	}
	g[name] = from[name]
	for _, below := range from[name].imports {
		g.add(below, from)
	}
}

func (g graph) names() []string { return slices.Sorted(maps.Keys(g)) }

// standIn reports whether a room stands in for one of the clouds.
func standIn(name string) bool { return strings.HasPrefix(name, "internal/emulator/") }

// data is what a picture shows, in a form that can be compared: one line a room.
func (g graph) data() string {
	var lines strings.Builder
	for _, name := range g.names() {
		fmt.Fprintf(&lines, "%s: %s\n", name, strings.Join(g[name].imports, " "))
	}
	return lines.String()
}

// below returns all that a room stands on, itself not.
func (g graph) below(name string) map[string]bool {
	found := make(map[string]bool)
	var visit func(string)
	visit = func(name string) {
		for _, next := range g[name].imports {
			if !found[next] {
				found[next] = true
				visit(next)
			}
		}
	}
	visit(name)
	return found
}

// arrows returns the imports of a room that do not follow from its other
// imports: where a imports b and c, and b imports c, the arrow from a to c says
// nothing new.
func (g graph) arrows(name string) (ends []string) {
	for _, end := range g[name].imports {
		follows := slices.ContainsFunc(g[name].imports, func(other string) bool { return g.below(other)[end] })
		if !follows {
			ends = append(ends, end)
		}
	}
	return ends
}

// height is the length of the longest way down: zero for a room that imports no
// other.
func (g graph) height(name string) int {
	height := 0
	for _, below := range g[name].imports {
		height = max(height, g.height(below)+1)
	}
	return height
}
