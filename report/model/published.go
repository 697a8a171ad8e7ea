package model

// PublishedHeaders is the size of the request's and the response's headers together in the example of P. Lubbers and F. Greco,
// "HTML5 WebSocket: A Quantum Leap in Scalability for the Web" (Kaazing, 2010): a stock ticker with the cookies of its day.
const PublishedHeaders = 871

// UseCase is one row of Lubbers and Greco's comparison: every client gets one message a second, and only headers are counted. Their Mbps is 2²⁰ bits a second.
type UseCase struct {
	Clients            int
	Polling, WebSocket float64
}

// UseCases recomputes their table: 6.6, 66 and 665 for polling against 0.015, 0.153 and 1.526, in units of 2²⁰ bits a second.
func UseCases() []UseCase {
	var cases []UseCase
	for _, clients := range []int{1_000, 10_000, 100_000} {
		cases = append(cases, UseCase{
			Clients:   clients,
			Polling:   mebibits(clients * PublishedHeaders),
			WebSocket: mebibits(clients * FrameHeader(0, false)),
		})
	}
	return cases
}

// mebibits is bytes a second in units of 2²⁰ bits a second.
func mebibits(bytes int) float64 { return float64(bytes) * 8 / (1 << 20) }

// PublishedRatios are how many times fewer bytes a WebSocket takes in that example: counting headers only, as published (435.5), and with what TCP/IP adds to
// both (9.7). The second is what a network operator would see; quote both.
func PublishedRatios() (headers, ip float64) {
	frame := FrameHeader(0, false)
	// How the 871 bytes are divided between request and response does not matter: each is one segment.
	exchange := ExchangeBytes(PublishedHeaders/2, PublishedHeaders-PublishedHeaders/2)
	return float64(PublishedHeaders) / float64(frame), float64(exchange) / float64(PushBytes(frame))
}
