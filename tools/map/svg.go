package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// style makes the picture legible on a light and on a dark page.
const style = `
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; text-anchor: middle }
.lane { font-size: 12px; fill: #59636e; text-anchor: start }
.box { fill: #ffffff; stroke: #8c959f }
.program { fill: #ddf4ff; stroke: #0969da }
.adapter { fill: #fff8c5; stroke: #9a6700 }
.value { fill: #f6f8fa }
.standin { fill: #fbefff; stroke: #8250df }
.frame { fill: none; stroke: #8250df; stroke-dasharray: 4 4 }
.arrow { fill: none; stroke-width: 1.3; opacity: .75 }
.h0 { stroke: #0969da } .h1 { stroke: #bc4c00 } .h2 { stroke: #1a7f37 } .h3 { stroke: #8250df } .h4 { stroke: #bf3989 } .h5 { stroke: #57606a }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.lane { fill: #9198a1 }
.box { fill: #161b22; stroke: #656c76 }
.program { fill: #0c2d6b; stroke: #58a6ff }
.adapter { fill: #3b2300; stroke: #d29922 }
.value { fill: #21262d }
.standin { fill: #271052; stroke: #ab7df8 }
.frame { stroke: #ab7df8 }
.h0 { stroke: #58a6ff } .h1 { stroke: #f0883e } .h2 { stroke: #3fb950 } .h3 { stroke: #bc8cff } .h4 { stroke: #ff7bc5 } .h5 { stroke: #8b949e }
}
`

// hues is how many colors arrows have, one a room that they begin at.
const hues = 6

const (
	dataBegins = "<metadata>\n"
	dataEnds   = "</metadata>"
)

// dataOf returns the graph's data as a picture carries it.
func dataOf(svg string) string {
	_, rest, _ := strings.Cut(svg, dataBegins)
	data, _, _ := strings.Cut(rest, dataEnds)
	return data
}

// draw makes the picture: the product on top, the stand-ins in a frame below.
func draw(g graph) string {
	product := arrange(g, func(name string) bool { return !standIn(name) }, label)
	clouds := arrange(g, standIn, label)
	width := max(product.width, clouds.width+2*margin) + 2*margin
	productHeight := layerSpace*float64(len(product.layers)-1) + boxHeight
	cloudsTop := margin + productHeight + 2.5*margin
	height := cloudsTop + 1.5*margin + layerSpace*float64(len(clouds.layers)-1) + boxHeight + 2*margin
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="title">`+"\n", width, height)
	svg.WriteString(`<title id="title">The rooms and who imports whom; an import that follows from others is left out</title>` + "\n")
	svg.WriteString(dataBegins + g.data() + dataEnds + "\n<style>" + style + "</style>\n")
	drawn{&svg, g, margin + (width-2*margin-product.width)/2, margin}.all(product)
	fmt.Fprintf(&svg, `<text class="lane" x="%.0f" y="%.0f">%s</text>`+"\n", margin, margin+productHeight+margin, "↑ rooms that import no other")
	fmt.Fprintf(&svg, `<rect class="frame" x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="8"/>`+"\n", margin, cloudsTop, width-2*margin, height-cloudsTop-margin)
	fmt.Fprintf(&svg, `<text class="lane" x="%.0f" y="%.0f">%s</text>`+"\n", 1.5*margin, cloudsTop+margin, "internal/emulator: stand-ins for the two clouds, for tests and cmd/demo; they import nothing of the product")
	drawn{&svg, g, (width - clouds.width) / 2, cloudsTop + 1.5*margin}.all(clouds)
	svg.WriteString("</svg>\n")
	return svg.String()
}

// label is a room's name as the picture shows it.
func label(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "internal/"), "emulator/")
}

// drawn is the part of a picture that begins at a point.
type drawn struct {
	svg  *strings.Builder
	g    graph
	x, y float64
}

// all draws arrows first, so that boxes lie on them.
func (d drawn) all(l layout) {
	for _, layer := range l.layers {
		for _, p := range layer {
			if p.room != "" {
				for _, to := range p.next {
					d.arrow(p, to)
				}
			}
		}
	}
	for _, layer := range l.layers {
		for _, p := range layer {
			if p.room != "" {
				d.box(p)
			}
		}
	}
}

func (d drawn) top(p *place) float64 { return d.y + layerSpace*float64(p.layer) }

// arrow follows one arrow from its box through its bends to the next box.
func (d drawn) arrow(from, to *place) {
	x := d.x + port(from, to, from.next)
	y := d.top(from) + boxHeight
	var path strings.Builder
	fmt.Fprintf(&path, "M%.1f %.1f", x, y)
	for last := from; ; last, to = to, to.next[0] {
		endX, endY := d.x+to.center(), d.top(to)
		if to.room != "" {
			endX = d.x + port(to, last, to.above)
		}
		half := (endY - y) / 2
		fmt.Fprintf(&path, " C%.1f %.1f %.1f %.1f %.1f %.1f", x, y+half, endX, endY-half, endX, endY)
		if to.room != "" {
			break
		}
		x, y = endX, endY+boxHeight
		fmt.Fprintf(&path, " V%.1f", y)
	}
	fmt.Fprintf(d.svg, `<path class="arrow h%d" d="%s"/>`+"\n", slices.Index(d.g.names(), from.room)%hues, path.String())
}

// port is where an arrow touches a box: the arrows of a side share its width, in
// the order of their other ends.
func port(box, other *place, all []*place) float64 {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b *place) int { return int(math.Copysign(1, a.center()-b.center())) })
	room := box.width - padding
	return box.x + padding/2 + room*(float64(slices.Index(sorted, other))+.5)/float64(len(sorted))
}

func (d drawn) box(p *place) {
	class := "box"
	switch {
	case strings.HasPrefix(p.room, "cmd/"):
		class += " program"
	case p.room == "caddymodule":
		class += " adapter"
	case standIn(p.room):
		class += " standin"
	case len(d.g[p.room].imports) == 0:
		class += " value"
	}
	x, y := d.x+p.x, d.top(p)
	fmt.Fprintf(d.svg, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.0f" rx="6"/>`, class, x, y, p.width, boxHeight)
	fmt.Fprintf(d.svg, `<text x="%.1f" y="%.1f">%s</text>`+"\n", x+p.width/2, y+boxHeight/2+4.5, html.EscapeString(label(p.room)))
}
