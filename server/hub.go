package server

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// hub holds the logs of all topics. It knows no transport: publishers append,
// readers read by position and leave a waiter when there is nothing yet.
type hub struct {
	epoch  uint64
	limits logLimits
	max    int64 // most topics

	count  atomic.Int64 // topics made
	seed   maphash.Seed
	shards [hubShards]hubShard
}

// hubShards spreads the look-up of a topic by name, which every poll and every
// publish does, over several locks.
const hubShards = 32

type hubShard struct {
	mu     sync.RWMutex
	topics map[string]*topic
	_      [32]byte // keeps neighbouring locks off one cache line
}

// logLimits bounds the log of one topic.
type logLimits struct {
	messages int   // most messages
	bytes    int64 // most payload bytes
	payload  int   // longest payload
}

// Errors of the hub. A transport turns them into its own refusal.
var (
	errTopicName  = fmt.Errorf("a topic is 1 to %d printable ASCII characters without spaces", maxTopicName)
	errTopicCount = errors.New("too many topics: raise Config.MaxTopics or use fewer")
	errPayload    = errors.New("payload too large")
	errAhead      = errors.New("cursor is ahead of the log: it was made for another topic or server")
)

// maxTopicName is the longest topic name, in bytes.
const maxTopicName = 255

func newHub(limits logLimits, maxTopics int) *hub {
	h := &hub{epoch: randomEpoch(), limits: limits, max: int64(maxTopics), seed: maphash.MakeSeed()}
	for i := range h.shards {
		h.shards[i].topics = make(map[string]*topic)
	}
	return h
}

// randomEpoch tells this life of the log from every other. 48 bits keep the
// cursor short, and the highest is always set: every epoch then has the same
// number of digits, so that two servers send the same number of bytes. Two lives
// meet with probability 2^-47.
func randomEpoch() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[2:]) // never fails: crypto/rand ends the program instead
	return binary.BigEndian.Uint64(b[:]) | 1<<47
}

// topic returns the topic of that name and makes it if it is new.
func (h *hub) topic(name string) (*topic, error) {
	s := &h.shards[maphash.String(h.seed, name)%hubShards]
	s.mu.RLock()
	t := s.topics[name]
	s.mu.RUnlock()
	if t != nil {
		return t, nil
	}
	return h.add(s, name)
}

// topicBytes is topic for a name that is part of a larger buffer: finding an
// existing topic copies nothing.
func (h *hub) topicBytes(name []byte) (*topic, error) {
	s := &h.shards[maphash.Bytes(h.seed, name)%hubShards]
	s.mu.RLock()
	t := s.topics[string(name)]
	s.mu.RUnlock()
	if t != nil {
		return t, nil
	}
	return h.add(s, string(name))
}

func (h *hub) add(s *hubShard, name string) (*topic, error) {
	if !validTopicName(name) {
		return nil, errTopicName
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.topics[name]; t != nil {
		return t, nil
	}
	if h.count.Add(1) > h.max {
		h.count.Add(-1)
		return nil, errTopicCount
	}
	t := &topic{limits: &h.limits}
	s.topics[name] = t
	return t, nil
}

func validTopicName(name string) bool {
	for i := range len(name) {
		if name[i] <= ' ' || name[i] > '~' {
			return false
		}
	}
	return name != "" && len(name) <= maxTopicName
}

// each calls f for every topic.
func (h *hub) each(f func(*topic)) {
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.RLock()
		for _, t := range s.topics {
			f(t)
		}
		s.mu.RUnlock()
	}
}
