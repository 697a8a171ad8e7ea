// Package chart draws a run as pictures for slides: 1920×1080 PNG and the same as SVG.
//
// # How the data goes
//
//	results.Run + recorded.Histograms → series (an arm with its histograms) → figure (title, subtitle, caption, body) → SVG, PNG → files
//
// For each scenario there are nine [Kind]s: the numbers that answer its question, latency by percentile, the latency histogram, the histogram of overhead bytes, bytes and CPU per message, latency over
// time, the spread of the rounds, what a client costs the server, and messages per response.
// A scenario that was swept has two others instead: latency, and cost, over the swept parameter; and a third where these do not show what answers its question.
// An outage has one of the way back. A gate has one for each metric, [WritePairs].
// A figure's title names what is shown and claims nothing; what must be known to read it stands in its caption.
//
// # Conventions
//
//   - A transport has one colour, dash and marker in every chart (package report/format), and its label stands beside its line, not in a distant legend.
//   - What too few independent samples carry is drawn thin, and the caption says so. An invalid arm says "invalid". A missing value reads n/a.
//   - Text is set in Liberation Sans. SVG files name Arial and Helvetica, which have the same widths, as substitutes instead of embedding a megabyte of
//     fonts in each file.
//
// # Rejected
//
// One overlaid histogram for all transports: four outlines hide one another on a slide; rows that share an axis do not. Densities on a linear axis:
// between WebSocket and a one-second poll lie two decades. Drawing every recorded value: the rasteriser takes seconds for noisy lines, and no pixel gains
// from more than about 200 points.
package chart
