using CleanRoom.Attestation.Appraisals;
using CleanRoom.Attestation.Releases;
using CleanRoom.Attestation.Witnessing;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Results;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Common.V1;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;

namespace CleanRoom.Attestation.Api;

/// <summary>Translates for enclave instances and the log.</summary>
internal sealed class AttestationGrpcService(Verifier verifier, KeyReleaser releaser, Witness witness) : AttestationService.AttestationServiceBase
{
    private const int MaxNote = SignedNote.MaxSize;

    public override async Task<ChallengeResponse> Challenge(ChallengeRequest request, ServerCallContext context)
    {
        var nonce = Requests.Value(await verifier.ChallengeAsync(Requests.Room(request.Room), context.CancellationToken));
        return new ChallengeResponse { Nonce = ByteString.CopyFrom(nonce.Value.Span), Expires = nonce.Expires.ToUnixTimeSeconds() };
    }

    public override async Task<AttestResponse> Attest(AttestRequest request, ServerCallContext context)
    {
        if (!VerifyingKey.TryFromSpki(request.SigningKey.Span, out var signing))
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "signing_key: must be the DER SubjectPublicKeyInfo of a P-256 key.", "signing_key");
        }

        if (!HpkePublicKey.TryFromSpki(request.ReleaseKey.Span, out var release))
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "release_key: must be the DER SubjectPublicKeyInfo of a P-256 key.", "release_key");
        }

        var shown = new Presentation(
            Requests.Room(request.Room),
            Requests.Bytes(request.Nonce, ReportBinding.NonceSize, ReportBinding.NonceSize, "nonce"),
            Requests.Bytes(request.Evidence, 1, EvidenceEnvelope.MaxSize, "evidence"),
            signing,
            release,
            Requests.Digest(request.CharterHash, "charter_hash"));
        return new AttestResponse { Result = Requests.Value(await verifier.AttestAsync(shown, context.CancellationToken)) };
    }

    public override async Task<ReleaseKeyResponse> ReleaseKey(ReleaseKeyRequest request, ServerCallContext context)
    {
        var instance = Requests.Present(request.Instance, "instance");
        var inclusion = Requests.Present(request.Inclusion, "inclusion");
        var release = Requests.Value(await releaser.ReleaseAsync(
            new ReleaseRequest(
                Requests.Room(request.Room),
                Requests.Text(request.Result, AttestationResult.MaxLength, "result"),
                Requests.Leaf(instance, inclusion.Index, "instance"),
                Requests.Size(inclusion.Index, "inclusion.index"),
                Requests.Text(Requests.Present(inclusion.Checkpoint, "inclusion.checkpoint").Note, MaxNote, "inclusion.checkpoint.note"),
                Requests.Path(inclusion.Path, "inclusion.path"),
                Requests.Size(request.Consistency?.OldSize ?? 0, "consistency.old_size"),
                Requests.Size(request.Consistency?.NewSize ?? 0, "consistency.new_size"),
                request.Consistency is null ? [] : Requests.Path(request.Consistency.Path, "consistency.path"),
                request.HasNewestPeriod ? request.NewestPeriod : long.MaxValue),
            context.CancellationToken));
        var proof = new InclusionProof { Index = (ulong)release.Logged.Index, Checkpoint = new Protocol.Common.V1.SignedCheckpoint { Note = release.Logged.Note } };
        proof.Path.AddRange(release.Logged.Path.Select(hash => ByteString.CopyFrom(hash.Span)));
        return new ReleaseKeyResponse
        {
            Enc = ByteString.CopyFrom(release.Enc.Span),
            Ciphertext = ByteString.CopyFrom(release.Ciphertext.Span),
            Release = new LogEntry
            {
                Index = (ulong)release.Logged.Index,
                Leaf = ByteString.CopyFrom(release.Leaf.Span),
                LeafHash = ByteString.CopyFrom(MerkleTree.LeafHash(release.Leaf.Span).Span),
            },
            Inclusion = proof,
        };
    }

    public override async Task<CosignResponse> Cosign(CosignRequest request, ServerCallContext context) => new()
    {
        Cosignature = Requests.Value(await witness.CosignAsync(
            Requests.Room(request.Room),
            Requests.Text(Requests.Present(request.Checkpoint, "checkpoint").Note, MaxNote, "checkpoint.note"),
            Requests.Size(request.Proof?.OldSize ?? 0, "proof.old_size"),
            Requests.Size(request.Proof?.NewSize ?? 0, "proof.new_size"),
            request.Proof is null ? [] : Requests.Path(request.Proof.Path, "proof.path"),
            request.Recovery is { } recovery
                ? new ShownRecovery(Requests.Bytes(recovery.Leaf, 1, Entry.MaxLeafSize, "recovery.leaf"), Requests.Path(recovery.Path, "recovery.path"))
                : null,
            context.CancellationToken)),
    };
}
