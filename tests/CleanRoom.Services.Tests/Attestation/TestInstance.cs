using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Simulation;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Common.V1;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>An enclave instance as brokers see it; tests change what it shows.</summary>
internal sealed class TestInstance : IDisposable
{
    private TestInstance(TestRoom room, long generation)
    {
        Room = room;
        Generation = generation;
        Charter = room.Charter.Hash;
    }

    public TestRoom Room { get; }

    public long Generation { get; }

    public SigningKey Signing { get; } = SigningKey.Generate();

    public HpkePrivateKey Release { get; } = HpkePrivateKey.Generate();

    public Digest Charter { get; set; }

    public byte[] Nonce { get; private set; } = [];

    public byte[] Evidence { get; set; } = [];

    public string Result { get; set; } = string.Empty;

    public byte[] Leaf { get; set; } = [];

    public int Index { get; set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>With a nonce and evidence for it.</summary>
    public static async Task<TestInstance> StartAsync(TestRoom room, long generation)
    {
        var instance = new TestInstance(room, generation);
        await instance.ChallengeAsync();
        return instance;
    }

    public async Task ChallengeAsync()
    {
        Nonce = (await Room.Enclave.ChallengeAsync(new ChallengeRequest { Room = Room.RoomText }, cancellationToken: Token)).Nonce.ToByteArray();
        Evidence = Prove(new SimulatedEvidenceProvider(Room.Measurement));
    }

    public byte[] Prove(SimulatedEvidenceProvider provider)
    {
        using (provider)
        {
            var binding = ReportBinding.Compute(Nonce, Signing.PublicKey, Release.PublicKey, Charter);
            return provider.GetEvidenceAsync(binding, Token).AsTask().GetAwaiter().GetResult().Json.ToArray();
        }
    }

    public AttestRequest Request() => new()
    {
        Room = Room.RoomText,
        Nonce = ByteString.CopyFrom(Nonce),
        Evidence = ByteString.CopyFrom(Evidence),
        SigningKey = ByteString.CopyFrom(Signing.PublicKey.Spki.Span),
        ReleaseKey = ByteString.CopyFrom(Release.PublicKey.ToSpki()),
        CharterHash = ByteString.CopyFrom(Charter.Span),
    };

    public async Task<string> AttestAsync() => Result = (await Room.Enclave.AttestAsync(Request(), cancellationToken: Token)).Result;

    public InstanceEntry Entry() => new(
        Room.Room, EntryId.From(Guid.NewGuid()), Charter, new LogPosition(1, Room.Log.Tree.Root(1)),
        [new InstanceEvidence(TestRoom.Alpha, Evidence, Nonce)], Generation, Release.PublicKey, Signing.PublicKey);

    /// <summary>Logs the instance entry, gets the log cosigned, attests.</summary>
    public async Task PrepareAsync(bool attest = true, bool witness = true)
    {
        Leaf = Entry().Sign(Signing);
        Index = Room.Log.Append(Leaf);
        if (witness)
        {
            _ = await Room.CosignedAsync(Room.Log.Tree, Room.Log.Tree.Size);
        }

        if (attest)
        {
            _ = await AttestAsync();
        }
    }

    public async Task<ReleaseKeyRequest> ReleaseRequestAsync(Cryptography.SignedCheckpoint? note = null, TestTree? tree = null)
    {
        tree ??= Room.Log.Tree;
        note ??= Room.CosignedByOthers(tree, tree.Size);
        var size = (int)note.Checkpoint.Size;
        var last = (int)(await Room.Owner.GetRoomAsync(new GetRoomRequest { Room = Room.RoomText }, cancellationToken: Token)).Size;
        var inclusion = new InclusionProof { Index = (ulong)Index, Checkpoint = new Protocol.Common.V1.SignedCheckpoint { Note = note.ToText() } };
        inclusion.Path.AddRange(tree.Inclusion(Index, size).Select(hash => ByteString.CopyFrom(hash.Span)));
        return new ReleaseKeyRequest
        {
            Room = Room.RoomText,
            Result = Result,
            Instance = new LogEntry { Index = (ulong)Index, Leaf = ByteString.CopyFrom(Leaf), LeafHash = ByteString.CopyFrom(MerkleTree.LeafHash(Leaf).Span) },
            Inclusion = inclusion,
            Consistency = TestRoom.Proof(tree, Math.Min(size, last), Math.Max(size, last)),
        };
    }

    public async Task<ReleaseKeyResponse> ReleaseAsync() => await Room.Enclave.ReleaseKeyAsync(await ReleaseRequestAsync(), cancellationToken: Token);

    /// <summary>Opens a release as docs/protocol.md section 5 says.</summary>
    public KeyBundle? Open(ReleaseKeyResponse response, HpkePrivateKey? key = null)
    {
        var info = System.Text.Encoding.ASCII.GetBytes($"cleanroom/v1/release\0{Room.RoomText}\0alpha\0{Generation}");
        var aad = MerkleTree.LeafHash(response.Release.Leaf.Span);
        return Hpke.TryOpen(key ?? Release, info, aad.Span, [.. response.Enc, .. response.Ciphertext], out var plaintext) ? KeyBundle.Parser.ParseFrom(plaintext) : null;
    }

    public void Dispose()
    {
        Signing.Dispose();
        Release.Dispose();
    }
}
