using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace CleanRoom.Cryptography;

/// <summary>
/// A witness's word that it saw no other history of the log up to this checkpoint, with the witness's clock (C2SP tlog-cosignature,
/// with P-256 in place of Ed25519). Signed text: "cosignature/v1\ntime &lt;seconds&gt;\n" ‖ the checkpoint's text. In a note the
/// signature is 8 bytes of POSIX seconds, big-endian ‖ 64 bytes r ‖ s.
/// </summary>
public sealed class Cosignature
{
    /// <summary>Bytes in a note: seconds and signature.</summary>
    internal const int PayloadSize = sizeof(ulong) + SigningKey.SignatureSize;

    private static readonly long MaxSeconds = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private readonly byte[] _keyHash;
    private readonly byte[] _signature;

    internal Cosignature(string name, byte[] keyHash, long seconds, byte[] signature)
    {
        Name = name;
        Time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        _keyHash = keyHash;
        _signature = signature;
    }

    /// <summary>The witness's name.</summary>
    public string Name { get; }

    /// <summary>The witness's clock, in whole seconds UTC. Believed only after <see cref="Verify"/>.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>4 bytes that hint at the key.</summary>
    public ReadOnlyMemory<byte> KeyHash => _keyHash;

    /// <summary>r ‖ s: 64 bytes.</summary>
    public ReadOnlyMemory<byte> Signature => _signature;

    /// <summary>Verifies name, key, time and signature.</summary>
    /// <param name="key">The witness's key, as the charter names it.</param>
    /// <param name="checkpoint">What is said to be cosigned.</param>
    public bool Verify(VerifyingKey key, Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(checkpoint);
        return _keyHash.AsSpan().SequenceEqual(NoteKey.CosignatureHash(Name, key))
            && key.Verify(Message(Time.ToUnixTimeSeconds(), checkpoint), _signature);
    }

    /// <summary>Writes the signature line of a note, with its line feed.</summary>
    public string ToText() => ToNoteSignature().ToString();

    /// <summary>Parses one signature line, with its line feed.</summary>
    /// <returns><see langword="false"/> for anything that <see cref="ToText"/> does not write.</returns>
    public static bool TryParse(string? line, [NotNullWhen(true)] out Cosignature? cosignature)
    {
        cosignature = null;
        return line is not null && line.EndsWith('\n') && line.Length <= SignedNote.MaxSize
            && NoteSignature.TryParse(line.AsSpan(0, line.Length - 1), out var signature) && TryFromNote(signature, out cosignature);
    }

    internal NoteSignature ToNoteSignature()
    {
        var payload = new byte[PayloadSize];
        BinaryPrimitives.WriteInt64BigEndian(payload, Time.ToUnixTimeSeconds());
        _signature.CopyTo(payload, sizeof(ulong));
        return new NoteSignature(Name, _keyHash, payload);
    }

    internal static bool TryFromNote(NoteSignature signature, [NotNullWhen(true)] out Cosignature? cosignature)
    {
        cosignature = null;
        var payload = signature.Signature.Span;
        if (payload.Length != PayloadSize)
        {
            return false;
        }

        var seconds = BinaryPrimitives.ReadInt64BigEndian(payload);
        if (seconds <= 0 || seconds > MaxSeconds)
        {
            return false;
        }

        cosignature = new Cosignature(signature.Name, signature.KeyHash.ToArray(), seconds, payload[sizeof(ulong)..].ToArray());
        return true;
    }

    internal static byte[] Message(long seconds, Checkpoint checkpoint) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{checkpoint.ToText()}"));
}

/// <summary>Makes cosignatures. It decides nothing: the witness first checks consistency with what it cosigned last.</summary>
public static class Cosigner
{
    /// <summary>Cosigns a checkpoint.</summary>
    /// <param name="key">The witness's key, used for nothing else.</param>
    /// <param name="name">The witness's name: see <see cref="NoteSignature.IsName"/>.</param>
    /// <param name="checkpoint">A checkpoint that extends the last one this witness cosigned.</param>
    /// <param name="time">The witness's clock, after 1970; cut to whole seconds.</param>
    public static Cosignature Cosign(SigningKey key, string name, Checkpoint checkpoint, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (!NoteSignature.IsName(name))
        {
            throw new ArgumentException("The name must have 1 to 256 characters without white space, control characters and plus signs.", nameof(name));
        }

        var seconds = time.ToUnixTimeSeconds();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(seconds, nameof(time));
        return new Cosignature(name, NoteKey.CosignatureHash(name, key.PublicKey), seconds, key.Sign(Cosignature.Message(seconds, checkpoint)));
    }
}
