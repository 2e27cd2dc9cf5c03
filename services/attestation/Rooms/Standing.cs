using CleanRoom.Attestation.Keys;
using CleanRoom.Charter;

namespace CleanRoom.Attestation.Rooms;

/// <summary>As what a charter names this broker.</summary>
internal enum Standing
{
    /// <summary>Not at all, or with other keys.</summary>
    None,

    /// <summary>As its owner's broker.</summary>
    Broker,

    /// <summary>As a stand-in: it releases while the owner's broker is away, makes no keys and is no witness.</summary>
    StandIn,
}

/// <summary>Reads from charters as what they name this broker.</summary>
internal sealed class StandingReader(BrokerOwner owner, BrokerKeys keys)
{
    /// <summary>As what a charter names this broker for its owner. All its keys must be as they stand there.</summary>
    public Standing In(RoomCharter charter)
    {
        if (!charter.TryFind(owner.Id, out var member) || member.Broker is not { } broker)
        {
            return Standing.None;
        }

        if (broker.VerifierKey.Equals(keys.Verifier.PublicKey) && broker.WitnessKey.Equals(keys.Witness.PublicKey) && broker.Tls == keys.Tls.PublicKey.Id)
        {
            return Standing.Broker;
        }

        return broker.StandIns.Any(standIn =>
            standIn.VerifierKey.Equals(keys.Verifier.PublicKey) && standIn.Tls == keys.Tls.PublicKey.Id && standIn.HandOverKey.Equals(keys.HandOver.PublicKey))
                ? Standing.StandIn
                : Standing.None;
    }
}
