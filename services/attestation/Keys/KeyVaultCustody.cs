using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Keys;

/// <summary>
/// Custody by Azure Key Vault or Managed HSM in the owner's own subscription: each secret is a P-256 key that the HSM made and gives out only to a process that Azure Attestation vouches for by the owner's
/// release policy. The broker is that process: its machine must be a confidential one. The store keeps the key's name and version alone, authenticated under the master key, so that a changed row
/// leads to no other key.
/// </summary>
internal sealed class KeyVaultCustody(KeyVaultClient vault, Func<VaultSession> session, VaultKeyRules rules, BrokerKeys keys, TimeProvider clock) : IKeyCustody
{
    /// <summary>Name of this custody.</summary>
    public const string CustodyName = "key-vault";

    private const int RoomSecretSize = 32;

    // Soft delete keeps keys 7 to 90 days: what a vault that names no date keeps them at most.
    private static readonly TimeSpan LongestRetention = TimeSpan.FromDays(90);

    public string Name => CustodyName;

    // Not a version byte of the master key: "KV1.", then the encrypted reference.
    private static ReadOnlySpan<byte> Mark => "KV1."u8;

    public bool Keeps(ReadOnlySpan<byte> blob) => blob.StartsWith(Mark);

    public async Task<SealedRecordKey> MakeRecordKeyAsync(RoomId room, int period, CancellationToken cancellationToken)
    {
        var key = await MakeAsync(RecordKeyName(room, period), cancellationToken);
        return new SealedRecordKey(period, key.PublicKey.ToSpki(), Write(key));
    }

    public async Task<byte[]> MakeRoomSecretAsync(RoomId room, CancellationToken cancellationToken) => Write(await MakeAsync(RoomSecretName(room), cancellationToken));

    public ICustodySession Open() => new Session(this, session());

    public async Task<Destruction> DestroyRecordKeyAsync(RoomId room, SealedRecordKey key, CancellationToken cancellationToken)
    {
        var name = Read(key.SealedPrivateKey.Span, RecordKeyName(room, key.Period)).Name;
        try
        {
            var deletion = await vault.DeleteAsync(name, cancellationToken);
            if (!deletion.Kept || (deletion.Purgeable && await vault.TryPurgeAsync(name, cancellationToken)))
            {
                return new Destruction("Deleted and purged from the vault; only a backup of the key that somebody took from the vault could bring it back, into a vault of the same security world.", null);
            }

            var until = deletion.PurgedAt ?? clock.GetUtcNow() + LongestRetention;
            var date = until.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            return new Destruction(
                deletion.Purgeable
                    ? $"Deleted in the vault, which keeps it until {date}; the broker's identity may not purge it: somebody who may should."
                    : $"Deleted in the vault, whose purge protection keeps it until {date}: until then whoever may recover keys there can bring it back.",
                until);
        }
        catch (AzureException exception)
        {
            throw new CustodyException(exception.Message, exception);
        }
    }

    public SecretBytes HandOverRecordKey(RoomId room, SealedRecordKey key) => new(Reference(Read(key.SealedPrivateKey.Span, RecordKeyName(room, key.Period))));

    public SecretBytes HandOverRoomSecret(RoomId room, ReadOnlyMemory<byte> blob) => new(Reference(Read(blob.Span, RoomSecretName(room))));

    public SealedRecordKey TakeOverRecordKey(RoomId room, int period, ReadOnlyMemory<byte> publicKey, ReadOnlySpan<byte> content)
    {
        var key = Referred(content, RecordKeyName(room, period));
        return key.PublicKey.ToSpki().AsSpan().SequenceEqual(publicKey.Span)
            ? new SealedRecordKey(period, publicKey, Write(key))
            : throw new CustodyException("The reference to a key in the vault names another key than was handed over.");
    }

    public byte[] TakeOverRoomSecret(RoomId room, ReadOnlySpan<byte> content) => Write(Referred(content, RoomSecretName(room)));

    /// <summary>Reads a reference that another broker wrote: it must be of this name, and read back to the same bytes.</summary>
    private static VaultKey Referred(ReadOnlySpan<byte> content, string name)
    {
        try
        {
            using var json = JsonDocument.Parse(content.ToArray());
            if (Parse(json.RootElement) is var key && key.Name == name && content.SequenceEqual(Reference(key)))
            {
                return key;
            }
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or KeyNotFoundException or InvalidOperationException)
        {
            // Said below, in one sentence.
        }

        throw new CustodyException("What was handed over is not a reference to this room's key in a vault.");
    }

    private static string RecordKeyName(RoomId room, int period) => string.Create(CultureInfo.InvariantCulture, $"cleanroom-{room}-record-{period}");

    private static string RoomSecretName(RoomId room) => $"cleanroom-{room}-secret";

    private async Task<VaultKey> MakeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await vault.CreateAsync(name, rules.ReleasePolicy, rules.Immutable, cancellationToken);
        }
        catch (AzureException exception)
        {
            throw new CustodyException(exception.Message, exception);
        }
    }

    private byte[] Write(VaultKey key) => [.. Mark, .. keys.Master.Encrypt(Reference(key), Purpose(key.Name))];

    private static byte[] Reference(VaultKey key) =>
        CanonicalJson.Canonicalize(new JsonObject { ["name"] = key.Name, ["public"] = StrictBase64.EncodeUrl(key.PublicKey.Span), ["version"] = key.Version });

    private VaultKey Read(ReadOnlySpan<byte> blob, string name)
    {
        if (!Keeps(blob) || !keys.Master.TryDecrypt(blob[Mark.Length..], Purpose(name), out var json))
        {
            throw new CustodyException("The reference to a key in the vault does not open under this master key: restore the data folder and the master key from one backup.");
        }

        using var reference = JsonDocument.Parse(json);
        return Parse(reference.RootElement);
    }

    private static VaultKey Parse(JsonElement reference) => new(
        reference.GetProperty("name").GetString()!,
        reference.GetProperty("version").GetString()!,
        HpkePublicKey.FromBytes(StrictBase64.TryDecodeUrl(reference.GetProperty("public").GetString(), out var point) ? point : []));

    private static byte[] Purpose(string name) => Encoding.ASCII.GetBytes("key-vault " + name);

    private sealed class Session(KeyVaultCustody custody, VaultSession vault) : ICustodySession
    {
        public Task<SecretBytes> RecordKeyAsync(RoomId room, SealedRecordKey key, CancellationToken cancellationToken) =>
            ReleaseAsync(custody.Read(key.SealedPrivateKey.Span, RecordKeyName(room, key.Period)), cancellationToken);

        public async Task<SecretBytes> RoomSecretAsync(RoomId room, ReadOnlyMemory<byte> blob, CancellationToken cancellationToken)
        {
            using var scalar = await ReleaseAsync(custody.Read(blob.Span, RoomSecretName(room)), cancellationToken);
            return Derive(scalar, room);
        }

        public void Dispose() => vault.Dispose();

        // The vault makes keys, not secrets: the room's secret follows from one of its own.
        private static SecretBytes Derive(SecretBytes scalar, RoomId room)
        {
            using var loan = scalar.Borrow();
            return SecretBytes.Hkdf(loan.Span, [], Encoding.ASCII.GetBytes($"cleanroom/v1/room-secret\0{room}"), RoomSecretSize);
        }

        private async Task<SecretBytes> ReleaseAsync(VaultKey key, CancellationToken cancellationToken)
        {
            try
            {
                return await vault.ReleaseAsync(key.Name, key.Version, key.PublicKey, cancellationToken);
            }
            catch (Exception exception) when (exception is AzureException or EvidenceUnavailableException)
            {
                throw new CustodyException(exception.Message, exception);
            }
        }
    }
}

/// <summary>What every key in the vault is made with.</summary>
/// <param name="ReleasePolicy">The owner's release policy, JSON.</param>
/// <param name="Immutable">It can never be changed.</param>
internal sealed record VaultKeyRules(ReadOnlyMemory<byte> ReleasePolicy, bool Immutable);
