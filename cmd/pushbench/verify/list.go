package verify

// Checks are all checks in the order they are carried out.
var Checks = []Check{
	longpollModel,
	rfc6202,
	periodic,
	shortPoll,
	post,
	network,
	exactBytes,
	lubbersGreco,
	coordinatedOmission,
	loss,
	histograms,
	clientsAgree,
	saturation,
}
