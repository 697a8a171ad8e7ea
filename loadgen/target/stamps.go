package target

import (
	"bytes"
	"encoding/base64"

	"pushbench/loadgen"
)

// encodedMagic is what a stamp begins with in base64, as far as the stamp's constant bytes determine it, and encodedStamp how long it is there.
var (
	encodedMagic = base64.StdEncoding.AppendEncode(nil, []byte(loadgen.StampMagic[:3]))
	encodedStamp = base64.StdEncoding.EncodedLen(loadgen.StampSize)
)

// carve puts every stamped message within b into the batch, each from its stamp to the next one. Stamps in base64 are decoded where they stand, for which b
// is overwritten.
func carve(b []byte, encoded bool, batch *loadgen.Batch) (found bool) {
	index := loadgen.IndexStamp
	if encoded {
		index = decodeStamp
	}
	at := index(b)
	for at >= 0 {
		found = true
		next := index(b[at+loadgen.StampSize:])
		if next < 0 {
			batch.Messages = append(batch.Messages, b[at:])
			return true
		}
		next += at + loadgen.StampSize
		batch.Messages = append(batch.Messages, b[at:next:next])
		at = next
	}
	return found
}

// decodeStamp finds the first stamp in base64, decodes it where it stands and returns where that is; -1 if there is none.
func decodeStamp(b []byte) int {
	for from := 0; ; {
		at := bytes.Index(b[from:], encodedMagic)
		if at < 0 || len(b)-from-at < encodedStamp {
			return -1
		}
		at += from
		var stamp [loadgen.StampSize]byte
		if n, err := base64.StdEncoding.Decode(stamp[:], b[at:at+encodedStamp]); err == nil && n == loadgen.StampSize && loadgen.IndexStamp(stamp[:]) == 0 {
			copy(b[at:], stamp[:])
			return at
		}
		from = at + len(encodedMagic)
	}
}
