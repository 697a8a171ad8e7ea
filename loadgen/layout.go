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
//	duplex     one each client  the application  the client  the client
//	           one each client  the client       a few       the application
//
// So a pattern is three facts: how many clients share a topic, whether it is they who send on it, and whether they send up to the application besides.
// Clients are numbered through the topics, room after room; the last room has what is left. Flows that go up come after those that come down.
type layout struct {
	clients int
	// share is how many clients share a topic.
	share int
	// speak is true if the clients send what the clients receive, each a flow of its own number.
	speak bool
	// up is true if the clients send to the application.
	up bool
	// mark stands in the names of topics, if it is not 0.
	mark uint32
}

// collectors is on how many topics the clients' messages to the application travel, each with a stream that the application listens on.
const collectors = 4

func newLayout(s scenarios.Scenario) layout {
	return layout{clients: s.Clients, share: s.Audience(), speak: s.Pattern.ClientsSpeak(), up: s.Pattern == scenarios.Duplex}
}

// sends says whether the clients send at all.
func (l layout) sends() bool { return l.speak || l.up }

// topics is how many topics the clients receive.
func (l layout) topics() int { return (l.clients + l.share - 1) / l.share }

// downs is how many flows come down to the clients: if the application sends them, one for each topic.
func (l layout) downs() int {
	if l.speak {
		return l.clients
	}
	return l.topics()
}

// flows is how many flows there are.
func (l layout) flows() int {
	if l.up {
		return l.downs() + l.clients
	}
	return l.downs()
}

// ownFlow is the flow that a client sends.
func (l layout) ownFlow(client int) uint32 {
	if l.up {
		return uint32(l.downs() + client)
	}
	return uint32(client)
}

// goesUp says whether a flow is for the application.
func (l layout) goesUp(flow uint32) bool { return int(flow) >= l.downs() }

// topic is the one a client receives.
func (l layout) topic(client int) int { return client / l.share }

// topicOf is the one that a flow for clients travels on.
func (l layout) topicOf(flow uint32) int {
	if l.speak {
		return l.topic(int(flow))
	}
	return int(flow)
}

// audience is how many clients receive a topic.
func (l layout) audience(topic int) int { return min(l.share, l.clients-topic*l.share) }

// client is the plan's client of a number, over one of its transports.
func (p Plan) client(l layout, id int, transport scenarios.Transport, phase float64) ClientSpec {
	spec := ClientSpec{
		ID: id, Transport: transport, Topic: l.topicName(l.topic(id)), Phase: phase, Sends: l.sends(), Slow: p.Scenario.IsSlow(id),
	}
	if l.up {
		spec.SendsTo = l.nameOf(l.ownFlow(id))
	}
	return spec
}

// receivers is how many receive a flow.
func (l layout) receivers(flow uint32) int {
	if l.goesUp(flow) {
		return 1 // the application
	}
	return l.audience(l.topicOf(flow))
}

// heard are the flows that a client receives: n of them from the first on.
func (l layout) heard(client int) (first uint32, n int) {
	topic := l.topic(client)
	if l.speak {
		return uint32(topic * l.share), l.audience(topic)
	}
	return uint32(topic), 1
}

// collectorOf is which of the application's streams hears a client.
func (l layout) collectorOf(client int) int { return client % l.collectors() }

// collectors is how many streams the application listens on.
func (l layout) collectors() int {
	if !l.up {
		return 0
	}
	return min(collectors, l.clients)
}

// nameOf is what the server knows a flow's topic by.
func (l layout) nameOf(flow uint32) string {
	if l.goesUp(flow) {
		return l.collectorName(l.collectorOf(int(flow) - l.downs()))
	}
	return l.topicName(l.topicOf(flow))
}

// topicName and collectorName are what the server knows topics by. On a server of its own they are the same for every arm and round; one that outlives the round
// has a mark before them.
func (l layout) topicName(topic int) string { return l.marked(fmt.Sprintf("t%06d", topic)) }

func (l layout) collectorName(collector int) string { return l.marked(fmt.Sprintf("u%06d", collector)) }

func (l layout) marked(name string) string {
	if l.mark == 0 {
		return name
	}
	return fmt.Sprintf("pb%08x-%s", l.mark, name)
}

// TopicNumber is the number in the name of a topic. Where the application sends to each client apart, it is the client's, too.
func TopicNumber(name string) (int, error) {
	n, err := strconv.Atoi(name[strings.LastIndexAny(name, "tu")+1:])
	if err != nil {
		return 0, fmt.Errorf("%q is not the name of a topic", name)
	}
	return n, nil
}
