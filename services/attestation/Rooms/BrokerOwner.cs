using CleanRoom.Charter;
using CleanRoom.Cryptography;

namespace CleanRoom.Attestation.Rooms;

/// <summary>The organisation that a broker serves.</summary>
/// <param name="Id">Its member id.</param>
/// <param name="OrganisationKey">Charters must list it with this key.</param>
/// <param name="AllowSimulated">It takes part in simulated rooms.</param>
internal sealed record BrokerOwner(MemberId Id, VerifyingKey OrganisationKey, bool AllowSimulated);
