namespace CleanRoom.Client.Rooms;

/// <summary>What an older record key of a member still seals. The enclave seals it anew, to the newest key, while it runs; then the older key can be destroyed and nothing is lost.</summary>
/// <param name="Batches">Batches whose time is not over.</param>
/// <param name="Acts">Changes of consent, answers, requests, decisions and outcomes.</param>
public sealed record SealedBefore(int Batches, int Acts)
{
    /// <summary>Whether nothing is left under an older key.</summary>
    public bool IsNone => Batches + Acts == 0;

    /// <summary>Counts what older keys than the newest one seal, at the room's newest checkpoint.</summary>
    /// <param name="room">The room, connected.</param>
    /// <param name="period">Only what the key of this period seals; null for all older ones.</param>
    public static SealedBefore Of(RoomClient room, int? period = null)
    {
        ArgumentNullException.ThrowIfNull(room);
        var me = room.Profile.Member;
        return new SealedBefore(
            room.State.ToReseal(me).Count(batch => batch.Manifest.DeleteBy > room.Checkpoint.Time.Expiring && (period is null || batch.Sealed.Period == period)),
            room.State.ActsToReseal(me).Count(act => period is null || act.Sealed.Period == period));
    }
}
