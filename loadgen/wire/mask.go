package wire

import "encoding/binary"

// mask writes src XOR key into dst (RFC 6455, section 5.3) and returns the key rotated so that the bytes after src can
// be masked by the next call. The key's first byte on the wire is its lowest. dst and src may be the same slice but
// must not overlap otherwise; dst must be at least as long as src.
func mask(dst, src []byte, key uint32) uint32 {
	dst = dst[:len(src)]
	wide := uint64(key)<<32 | uint64(key)
	for len(src) >= 32 {
		maskWord(dst, src, wide)
		maskWord(dst[8:], src[8:], wide)
		maskWord(dst[16:], src[16:], wide)
		maskWord(dst[24:], src[24:], wide)
		dst, src = dst[32:], src[32:]
	}
	for len(src) >= 8 {
		maskWord(dst, src, wide)
		dst, src = dst[8:], src[8:]
	}
	for i, b := range src {
		dst[i] = b ^ byte(key)
		key = key>>8 | key<<24
	}
	return key
}

func maskWord(dst, src []byte, wide uint64) {
	binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^wide)
}
