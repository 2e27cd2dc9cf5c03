using System.Globalization;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Ingestion.Rooms;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Storage.Logs;
using CleanRoom.Transport;
using Google.Protobuf;
using ConsistencyProof = CleanRoom.Protocol.Common.V1.ConsistencyProof;
using SignedCheckpoint = CleanRoom.Cryptography.SignedCheckpoint;

namespace CleanRoom.Ingestion.Cosigning;

/// <summary>
/// One witness of one room, as this service sees it. It is asked one question at a time: while a slow witness thinks, the others are
/// asked about newer checkpoints without it. Nothing it answers is believed before it verifies.
/// </summary>
internal sealed class Witness(MemberId id, BrokerTerms terms, WitnessConnections connections, ILogStore logs, ILogger logger)
{
    // The size it is at, as far as is known: 0 for unknown.
    private long _size;
    private int _asked;

    public BrokerTerms Terms => terms;

    /// <summary>Asks for a cosignature, unless a question is open.</summary>
    /// <returns>A cosignature that verifies, or <see langword="null"/>. It does not throw.</returns>
    public async Task<Cosignature?> AskAsync(Room room, SignedCheckpoint note, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _asked, 1) != 0)
        {
            return null;
        }

        try
        {
            return await ConverseAsync(room, note, cancellationToken);
        }
        catch (CleanRoomException refusal)
        {
            Log.WitnessRefused(logger, room.Id, id, note.Checkpoint.Size, refusal.Reason);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Log.CosigningFailed(logger, room.Id, exception.GetType().Name);
        }
        finally
        {
            Volatile.Write(ref _asked, 0);
        }

        return null;
    }

    private async Task<Cosignature?> ConverseAsync(Room room, SignedCheckpoint note, CancellationToken cancellationToken)
    {
        // Before the first answer the last cosigned size is a guess that is right for most witnesses.
        var from = _size > 0 ? _size : room.Cosigned.Value?.Size ?? 1;
        try
        {
            return await CosignAsync(room, note, from, null, cancellationToken);
        }
        catch (CleanRoomException refusal) when (refusal.Reason is ErrorReason.LogForked or ErrorReason.Conflict && SizeIn(refusal) is { } told && (told != from || room.Recovery is not null))
        {
            return await AnswerAsync(room, note, from, told, cancellationToken);
        }
    }

    /// <summary>It is at another size, or in another history, than we believed. One more question with the right proof, and one with a recovery; whoever names a second size gets no other.</summary>
    private async Task<Cosignature?> AnswerAsync(Room room, SignedCheckpoint note, long from, long told, CancellationToken cancellationToken)
    {
        var recovery = room.Recovery is { } found && found.Index < Math.Min(told, note.Checkpoint.Size) ? found : null;
        if (told <= note.Checkpoint.Size && told != from)
        {
            try
            {
                return await CosignAsync(room, note, told, null, cancellationToken);
            }
            catch (CleanRoomException refusal) when (refusal.Reason == ErrorReason.LogForked && recovery is not null)
            {
                // It cosigned what is lost; the log has grown beyond that since.
            }
        }

        if (recovery is not null)
        {
            return await CosignAsync(room, note, recovery.Index, recovery, cancellationToken);
        }

        if (told > note.Checkpoint.Size)
        {
            Log.WitnessAhead(logger, room.Id, id, told, note.Checkpoint.Size);
        }

        return null;
    }

    private async Task<Cosignature?> CosignAsync(Room room, SignedCheckpoint note, long from, LoggedRecovery? recovery, CancellationToken cancellationToken)
    {
        var checkpoint = note.Checkpoint;
        var proof = new ConsistencyProof { OldSize = (ulong)from, NewSize = (ulong)checkpoint.Size };
        foreach (var hash in await logs.GetConsistencyAsync(room.Id, from, checkpoint.Size, cancellationToken))
        {
            proof.Path.Add(UnsafeByteOperations.UnsafeWrap(hash.Memory));
        }

        RecoveryProof? shown = null;
        if (recovery is not null)
        {
            shown = new RecoveryProof { Leaf = UnsafeByteOperations.UnsafeWrap(recovery.Leaf) };
            foreach (var hash in await logs.GetInclusionAsync(room.Id, recovery.Index, checkpoint.Size, cancellationToken))
            {
                shown.Path.Add(UnsafeByteOperations.UnsafeWrap(hash.Memory));
            }
        }

        var client = new AttestationService.AttestationServiceClient(connections.Get(terms.Endpoint, terms.Tls).CallInvoker);
        var response = await client.CosignAsync(
            new CosignRequest
            {
                Room = room.Name.ToString(),
                Checkpoint = new Protocol.Common.V1.SignedCheckpoint { Note = note.ToText() },
                Proof = proof,
                Recovery = shown,
            },
            cancellationToken: cancellationToken);
        if (!Cosignature.TryParse(response.Cosignature, out var cosignature) || cosignature.Name != id.Value || !cosignature.Verify(terms.WitnessKey, checkpoint))
        {
            Log.WitnessWrong(logger, room.Id, id);
            return null;
        }

        _size = checkpoint.Size;
        return cosignature;
    }

    private static long? SizeIn(CleanRoomException refusal) =>
        long.TryParse(refusal.Field, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 1 and <= MerkleTree.MaxSize ? size : null;
}
