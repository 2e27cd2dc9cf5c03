using System.Text.Json;
using CleanRoom.Charter;
using CleanRoom.Evidence;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Rooms;

/// <summary>One state of a joined room: the stored record and the charter in it, read once. Immutable.</summary>
internal sealed class JoinedRoom
{
    private JoinedRoom(BrokerRoom record, SignedCharter signed)
    {
        Record = record;
        Signed = signed;
    }

    public BrokerRoom Record { get; }

    public SignedCharter Signed { get; }

    /// <summary>The newest charter that the owner signed.</summary>
    public RoomCharter Charter => Signed.Charter;

    public RoomId Id => Charter.Room;

    /// <summary>Reads a stored record.</summary>
    /// <param name="record">As stored.</param>
    /// <param name="earlier">A state read before, whose charter is taken over if the bytes are the same: reading one costs a curve check a key.</param>
    public static JoinedRoom Read(BrokerRoom record, JoinedRoom? earlier)
    {
        if (earlier is not null && earlier.Record.SignedCharter.Span.SequenceEqual(record.SignedCharter.Span))
        {
            return new JoinedRoom(record, earlier.Signed);
        }

        return SignedCharter.TryParse(record.SignedCharter.Span, out var signed, out _)
            ? new JoinedRoom(record, signed)
            : throw new InvalidDataException("The stored charter of a room does not parse: restore the data folder from a backup.");
    }

    /// <summary>What evidence is appraised against.</summary>
    public AppraisalPolicy Policy() => AppraisalPolicy.Create(Charter.Simulated, Charter.Enclaves.Select(enclave => new EnclaveReference(
        enclave.Name, enclave.Tee, Element(enclave.ReferenceJson), enclave.FloorsJson is { } floors ? Element(floors) : null)));

    private static JsonElement Element(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
