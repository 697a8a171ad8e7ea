package document

import "strings"

// DidYouMean is `; did you mean "…"?` for the nearest of the known words, or nothing if none is near. synonyms are what people coming from elsewhere write, with
// the known word that means it here; it may be nil.
func DidYouMean(word string, known []string, synonyms map[string]string) string {
	if best := nearest(word, known, synonyms); best != "" {
		return `; did you mean "` + best + `"?`
	}
	return ""
}

func nearest(word string, known []string, synonyms map[string]string) string {
	if len(word) > 40 { // no key is that long, and the distance is quadratic
		return ""
	}
	folded := strings.ReplaceAll(strings.ToLower(word), "-", "_")
	best, limit := "", max(1, min(3, (len(word)+1)/3))+1
	for _, k := range known {
		if synonyms[folded] == k || strings.HasSuffix(k, "."+folded) {
			return k
		}
		if d := distance(folded, strings.ReplaceAll(k, "-", "_")); d < limit {
			best, limit = k, d
		}
	}
	return best
}

// distance is the optimal string alignment distance of Damerau and Levenshtein: insertions, deletions, substitutions
// and swaps of neighbours, in bytes.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
