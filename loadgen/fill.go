package loadgen

import "strings"

// appendPadding appends n letters after a stamp.
func appendPadding(b []byte, n int) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	for i := range n {
		b = append(b, letters[i%len(letters)])
	}
	return b
}

// words are common English ones. Drawn evenly, each is some seven bits of information in four and a half characters. What people and programs really write
// repeats more, and differently.
var words = strings.Fields(`the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not what all were
we when your can said there use an each which she do how their if will up other about out many then them these so some her would make like him into time has
look two more write go see number no way could people my than first water been call who oil its now find long down day did get come made may part`)

// appendWords appends n bytes of English words at random, the same for the same stamp.
func appendWords(b []byte, n int, s Stamp) []byte {
	// A multiplicative congruential generator, for words and nothing else: Knuth's constants of MMIX.
	state := uint64(s.Run)<<32 ^ uint64(s.Flow)<<20 ^ uint64(s.Seq)
	for end := len(b) + n; len(b) < end; {
		state = state*6364136223846793005 + 1442695040888963407
		word := words[int(state>>33)%len(words)]
		b = append(b, word[:min(len(word), end-len(b))]...)
		if len(b) < end {
			b = append(b, ' ')
		}
	}
	return b
}
