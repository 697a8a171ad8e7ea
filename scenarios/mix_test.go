package scenarios

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every client has one transport, each transport as many as its share to the client, and wherever one looks there are about as many of it as its share.
func TestSeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(1, 100), 1, len(Transports)).Draw(t, "weights")
		sum := 0
		for _, w := range weights {
			sum += w
		}
		s := Default()
		s.Clients = rapid.IntRange(1, 500).Draw(t, "clients")
		for i, w := range weights {
			s.Mix = append(s.Mix, TransportShare{Transports[i], Fraction(float64(w) / float64(sum))})
		}
		users, seats := s.Users(Mix), s.Seats(Mix)
		counts := make([]int, len(users))
		for client, seat := range seats {
			counts[seat]++
			for i, n := range users {
				if due := float64(client+1) * float64(n) / float64(s.Clients); math.Abs(float64(counts[i])-due) > float64(len(users)) {
					t.Fatalf("of the first %d clients %d use %s, want about %.1f", client+1, counts[i], s.Mix[i].Transport, due)
				}
			}
		}
		for i, m := range s.Mix {
			if exact := float64(m.Share) * float64(s.Clients); counts[i] != users[i] || math.Abs(float64(counts[i])-exact) >= 1+1e-6 {
				t.Fatalf("%d clients use %s and %d should, its share is %.2f", counts[i], m.Transport, users[i], exact)
			}
		}
	})
}

func TestOneTransportIsItsOwnMix(t *testing.T) {
	s := Default()
	s.Clients = 3
	if u := s.Uses(LongPoll); !slices.Equal(u, []Transport{LongPoll}) || !slices.Equal(s.Users(LongPoll), []int{3}) || !slices.Equal(s.Seats(LongPoll), []int{0, 0, 0}) {
		t.Errorf("%v, %v, %v", u, s.Users(LongPoll), s.Seats(LongPoll))
	}
}

func TestDecodeMix(t *testing.T) {
	text := head + "mix: {websocket: 97%, longpoll: 3%}\ntransports: [websocket, mix]"
	s, err := Decode("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Mix, []TransportShare{{WebSocket, .97}, {LongPoll, .03}}) || !slices.Equal(s.Uses(Mix), []Transport{WebSocket, LongPoll}) || !slices.Equal(s.Users(Mix), []int{970, 30}) {
		t.Errorf("%v: %v", s.Mix, s.Users(Mix))
	}
	assertSchema(t, []byte(text), true)
	for text, want := range map[string]string{
		"transports: [websocket, mix]":                                                          "transports: names mix, of which nothing is said",
		"mix: {websocket: 97%, longpoll: 3%}":                                                   "mix: goes with transport mix only",
		"mix: {websocket: 97%, longpol: 3%}\ntransports: [mix]":                                 `mix: "longpol" is not a transport`,
		"mix: {websocket: 97%}\ntransports: [mix]":                                              "mix: has shares that sum to 97 %, not to 100 %",
		"mix: {websocket: 99.99%, longpoll: 0.01%}\ntransports: [mix]":                          "mix: 0.0001 of 1000 clients is no client over longpoll",
		"mix: {websocket: 50%, mix: 50%}\ntransports: [mix]":                                    `mix: "mix" is not a transport`,
		"mix: {websocket: 50%, longpoll: 50%}\ntransports: [mix]\nslow: {share: 10%}":           "mix: stands beside slow.share",
		"mix: {websocket: 50%, longpoll: 50%}\ntransports: [mix]\nsweep: {mix: ['longpoll:1']}": "sweep.mix: mix cannot be swept",
	} {
		if _, err := Decode("x.yaml", []byte(head+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
	duplex := strings.Replace(head, "broadcast", "duplex", 1) + "mix: {websocket: 50%, longpoll: 50%}\ntransports: [mix]"
	if _, err := Decode("x.yaml", []byte(duplex)); err == nil || !strings.Contains(err.Error(), "mix: stands beside pattern duplex") {
		t.Errorf("duplex: %v", err)
	}
}
