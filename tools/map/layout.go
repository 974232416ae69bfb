package main

import (
	"cmp"
	"slices"
)

// Sizes in the picture, in pixels.
const (
	letter     = 7.6 // a letter's width, at most
	padding    = 20.0
	boxHeight  = 30.0
	layerSpace = 92.0 // from one layer's top to the next one's
	gap        = 12.0 // between neighbors
	bend       = 10.0 // the width that an arrow takes where it passes a layer
	margin     = 24.0
)

// place is a room in the picture, or a bend of an arrow that passes a layer
// between boxes.
type place struct {
	room        string // "" for a bend
	x, width    float64
	layer       int
	above, next []*place
}

func (p *place) center() float64 { return p.x + p.width/2 }

// layout holds the places of each layer, the top one first.
type layout struct {
	layers [][]*place
	width  float64
}

// arrange lays out the rooms of a graph that are wanted: in a layer below all
// that import them, the ones that import nothing at the bottom.
func arrange(g graph, wanted func(string) bool, label func(string) string) layout {
	top := 0
	for _, name := range g.names() {
		if wanted(name) {
			top = max(top, g.height(name))
		}
	}
	l := layout{layers: make([][]*place, top+1)}
	places := make(map[string]*place)
	for _, name := range g.names() {
		if wanted(name) {
			places[name] = l.put(&place{room: name, width: letter*float64(len(label(name))) + padding, layer: top - g.height(name)})
		}
	}
	for _, name := range g.names() {
		if !wanted(name) {
			continue
		}
		for _, end := range g.arrows(name) {
			if wanted(end) {
				l.connect(places[name], places[end])
			}
		}
	}
	l.order()
	l.spread()
	return l
}

func (l *layout) put(p *place) *place {
	l.layers[p.layer] = append(l.layers[p.layer], p)
	return p
}

// connect leads an arrow from layer to layer.
func (l *layout) connect(from, to *place) {
	for from.layer+1 < to.layer {
		from = joined(from, l.put(&place{width: bend, layer: from.layer + 1}))
	}
	joined(from, to)
}

func joined(from, to *place) *place {
	from.next = append(from.next, to)
	to.above = append(to.above, from)
	return to
}

// order sorts each layer by where its neighbors are, down and up a few times, so
// that few arrows cross (the barycenter heuristic of Sugiyama, Tagawa and Toda,
// 1981). The order with the fewest crossings is kept.
func (l *layout) order() {
	l.pack()
	best, fewest := l.snapshot(), l.crossings()
	for round := range 24 {
		for i := range l.layers {
			layer, neighbors := l.layers[i], func(p *place) []*place { return p.above }
			if round%2 == 1 {
				layer, neighbors = l.layers[len(l.layers)-1-i], func(p *place) []*place { return p.next }
			}
			slices.SortStableFunc(layer, func(a, b *place) int { return cmp.Compare(mean(a, neighbors(a)), mean(b, neighbors(b))) })
			l.pack()
		}
		if n := l.crossings(); n < fewest {
			best, fewest = l.snapshot(), n
		}
	}
	l.layers = best
	l.pack()
}

func (l *layout) snapshot() [][]*place {
	all := make([][]*place, len(l.layers))
	for i, layer := range l.layers {
		all[i] = slices.Clone(layer)
	}
	return all
}

// mean is where a place would like to be.
func mean(p *place, neighbors []*place) float64 {
	if len(neighbors) == 0 {
		return p.center()
	}
	sum := 0.0
	for _, n := range neighbors {
		sum += n.center()
	}
	return sum / float64(len(neighbors))
}

// crossings counts the pairs of arrows that cross.
func (l *layout) crossings() (n int) {
	for _, layer := range l.layers {
		var ends [][2]float64
		for _, p := range layer {
			for _, to := range p.next {
				ends = append(ends, [2]float64{p.center(), to.center()})
			}
		}
		for i, a := range ends {
			for _, b := range ends[i+1:] {
				if (a[0]-b[0])*(a[1]-b[1]) < 0 {
					n++
				}
			}
		}
	}
	return n
}

// pack puts the places of each layer side by side, in the middle of the picture.
func (l *layout) pack() {
	widths := make([]float64, len(l.layers))
	for i, layer := range l.layers {
		for _, p := range layer {
			widths[i] += p.width + gap
		}
		l.width = max(l.width, widths[i]-gap)
	}
	for i, layer := range l.layers {
		x := (l.width - widths[i] + gap) / 2
		for _, p := range layer {
			p.x, x = x, x+p.width+gap
		}
	}
}

// spread moves places towards their neighbors, as far as the order and the width
// allow.
func (l *layout) spread() {
	for range 40 {
		for _, layer := range l.layers {
			for i, p := range layer {
				want := mean(p, slices.Concat(p.above, p.next)) - p.width/2
				left, right := 0.0, l.width-p.width
				if i > 0 {
					left = layer[i-1].x + layer[i-1].width + gap
				}
				if i+1 < len(layer) {
					right = layer[i+1].x - gap - p.width
				}
				p.x = min(max(want, left), right)
			}
		}
	}
}
