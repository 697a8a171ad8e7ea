package loadgen

import (
	"fmt"
	"strconv"
	"strings"

	"pushbench/scenarios"
)

// layout is a pattern as arithmetic: which flows there are, who sends each, on which topic it travels and who receives it.
//
//	pattern    flows            sent by          topic       received by
//	broadcast  one              the application  the one     every client
//	direct     one each client  the application  the client  the client
//	echo       one each client  the client       the client  the client
//	rooms      one each client  the client       its room    everyone in the room
//
// So a pattern is two facts: how many clients share a topic, and whether it is they who send. Clients are numbered through the topics, room after
// room; the last room has what is left.
type layout struct {
	clients int
	// share is how many clients share a topic.
	share int
	// speak is true if the clients send, each a flow of its own number.
	speak bool
}

func newLayout(s scenarios.Scenario) layout {
	return layout{clients: s.Clients, share: s.Audience(), speak: s.Pattern.ClientsSend()}
}

// topics is how many topics there are.
func (l layout) topics() int { return (l.clients + l.share - 1) / l.share }

// flows is how many flows there are: if the application sends, one for each topic.
func (l layout) flows() int {
	if l.speak {
		return l.clients
	}
	return l.topics()
}

// topic is the one a client receives.
func (l layout) topic(client int) int { return client / l.share }

// topicOf is the one a flow travels on.
func (l layout) topicOf(flow uint32) int {
	if l.speak {
		return l.topic(int(flow))
	}
	return int(flow)
}

// audience is how many clients receive a topic.
func (l layout) audience(topic int) int { return min(l.share, l.clients-topic*l.share) }

// heard are the flows that a client receives: n of them from the first on.
func (l layout) heard(client int) (first uint32, n int) {
	topic := l.topic(client)
	if l.speak {
		return uint32(topic * l.share), l.audience(topic)
	}
	return uint32(topic), 1
}

// topicName is what the server knows a topic by. On a server of its own it is the same for every arm and round.
func (p Plan) topicName(topic int) string {
	if p.Mark == 0 {
		return fmt.Sprintf("t%06d", topic)
	}
	return fmt.Sprintf("pb%08x-t%06d", p.Mark, topic)
}

// TopicNumber is the number of the topic of that name. Where the application sends to each client apart, it is the client's, too.
func TopicNumber(name string) (int, error) {
	n, err := strconv.Atoi(name[strings.LastIndexByte(name, 't')+1:])
	if err != nil {
		return 0, fmt.Errorf("%q is not the name of a topic", name)
	}
	return n, nil
}
