using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Keys;

/// <summary>
/// The secrets of rooms, each in the custody that it was made in; new ones are made in the first custody. So an owner that moves to a vault does so with the next period, and nothing is copied out of one
/// custody into another.
/// </summary>
internal sealed class RoomKeys(IReadOnlyList<IKeyCustody> custodies)
{
    /// <summary>The custody that makes new secrets.</summary>
    public IKeyCustody Maker => custodies[0];

    /// <summary>The custody of a kept blob.</summary>
    /// <exception cref="CustodyException">None of this broker's.</exception>
    public IKeyCustody CustodyOf(ReadOnlyMemory<byte> blob) => custodies.FirstOrDefault(custody => custody.Keeps(blob.Span))
        ?? throw new CustodyException("A key of the room is kept in a custody that this broker is not set up with: set Attestation:Custody as it was when the key was made.");

    /// <summary>The custody of a name, for what another broker handed over.</summary>
    /// <exception cref="CustodyException">This broker is not set up with it.</exception>
    public IKeyCustody CustodyCalled(string name) => custodies.FirstOrDefault(custody => custody.Name == name)
        ?? throw new CustodyException("A key that was handed over is kept in a custody that this broker is not set up with: set it up with the same vault.");

    /// <summary>Name of the custody of a kept blob; "unknown" if this broker is not set up with it.</summary>
    public string NameOf(ReadOnlyMemory<byte> blob) => custodies.FirstOrDefault(custody => custody.Keeps(blob.Span))?.Name ?? "unknown";

    /// <summary>Opens all that a release hands over.</summary>
    /// <exception cref="CustodyException">Something does not open: then nothing is handed over.</exception>
    public async Task<OpenedKeys> OpenAsync(RoomId room, IReadOnlyList<SealedRecordKey> recordKeys, ReadOnlyMemory<byte> roomSecret, CancellationToken cancellationToken)
    {
        var sessions = new Dictionary<IKeyCustody, ICustodySession>();
        var opened = new OpenedKeys();
        var complete = false;
        try
        {
            foreach (var key in recordKeys)
            {
                opened.Add(key.Period, await Session(key.SealedPrivateKey).RecordKeyAsync(room, key, cancellationToken));
            }

            opened.RoomSecret = await Session(roomSecret).RoomSecretAsync(room, roomSecret, cancellationToken);
            complete = true;
            return opened;
        }
        finally
        {
            foreach (var session in sessions.Values)
            {
                session.Dispose();
            }

            if (!complete)
            {
                opened.Dispose();
            }
        }

        ICustodySession Session(ReadOnlyMemory<byte> blob)
        {
            var custody = CustodyOf(blob);
            if (!sessions.TryGetValue(custody, out var session))
            {
                sessions[custody] = session = custody.Open();
            }

            return session;
        }
    }
}

/// <summary>What a release hands over, in the clear. Zeroed when it goes.</summary>
internal sealed class OpenedKeys : IDisposable
{
    private readonly List<(int Period, SecretBytes Key)> _recordKeys = [];

    public IReadOnlyList<(int Period, SecretBytes Key)> RecordKeys => _recordKeys;

    public SecretBytes? RoomSecret { get; set; }

    public void Add(int period, SecretBytes key) => _recordKeys.Add((period, key));

    public void Dispose()
    {
        foreach (var (_, key) in _recordKeys)
        {
            key.Dispose();
        }

        RoomSecret?.Dispose();
    }
}
