using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Cryptography;

/// <summary>
/// A checkpoint with the log's signature and the witnesses' cosignatures, as one signed note: the log's line first, then at most
/// one line a witness. Immutable. Parsing verifies nothing: <see cref="VerifyLog"/> and <see cref="ValidCosignatures"/> do.
/// </summary>
public sealed class SignedCheckpoint
{
    private readonly NoteSignature _logSignature;

    private SignedCheckpoint(Checkpoint checkpoint, NoteSignature logSignature, IReadOnlyList<Cosignature> cosignatures)
    {
        Checkpoint = checkpoint;
        _logSignature = logSignature;
        Cosignatures = cosignatures;
    }

    /// <summary>What is signed.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The name that the log signed with.</summary>
    public string LogName => _logSignature.Name;

    /// <summary>The log's signature, r ‖ s: 64 bytes.</summary>
    public ReadOnlyMemory<byte> LogSignature => _logSignature.Signature;

    /// <summary>The cosignatures, one a name, not verified.</summary>
    public IReadOnlyList<Cosignature> Cosignatures { get; }

    /// <summary>Verifies the log's own signature.</summary>
    /// <param name="name">The log's name.</param>
    /// <param name="key">The log's key.</param>
    public bool VerifyLog(string name, VerifyingKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return LogName == name
            && _logSignature.KeyHash.Span.SequenceEqual(NoteKey.LogHash(LogName, key))
            && key.Verify(Checkpoint.Body(), _logSignature.Signature.Span);
    }

    /// <summary>Gives the cosignatures that verify, in their order: at most one a name and one a key, from known witnesses only.</summary>
    /// <param name="witnesses">The charter's witnesses by name.</param>
    public IReadOnlyList<Cosignature> ValidCosignatures(IReadOnlyDictionary<string, VerifyingKey> witnesses)
    {
        ArgumentNullException.ThrowIfNull(witnesses);
        var keys = new HashSet<KeyId>();
        return
        [
            .. Cosignatures.Where(cosignature => witnesses.TryGetValue(cosignature.Name, out var key)
                && cosignature.Verify(key, Checkpoint) && keys.Add(key.Id)),
        ];
    }

    /// <summary>Counts <see cref="ValidCosignatures"/>.</summary>
    /// <param name="witnesses">The charter's witnesses by name.</param>
    public int CountValid(IReadOnlyDictionary<string, VerifyingKey> witnesses) => ValidCosignatures(witnesses).Count;

    /// <summary>Adds cosignatures; one with a name that is there already takes the other's place.</summary>
    /// <param name="cosignatures">Of this checkpoint; verify them first.</param>
    public SignedCheckpoint WithCosignatures(params IEnumerable<Cosignature> cosignatures)
    {
        var all = Cosignatures.ToList();
        foreach (var cosignature in cosignatures)
        {
            all.RemoveAll(other => other.Name == cosignature.Name);
            all.Add(cosignature);
        }

        return all.Count < SignedNote.MaxSignatures
            ? new SignedCheckpoint(Checkpoint, _logSignature, all)
            : throw new ArgumentException("A checkpoint carries at most 63 cosignatures.", nameof(cosignatures));
    }

    /// <summary>Writes the signed note.</summary>
    public string ToText() =>
        SignedNote.Create(Checkpoint.ToText(), Cosignatures.Select(cosignature => cosignature.ToNoteSignature()).Prepend(_logSignature)).ToText();

    /// <summary>Parses a signed note.</summary>
    /// <returns><see langword="false"/> for anything that <see cref="ToText"/> does not write, and for two cosignatures of one name.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SignedCheckpoint? signedCheckpoint)
    {
        signedCheckpoint = null;
        if (!SignedNote.TryParse(text, out var note) || !Checkpoint.TryParse(note.Text, out var checkpoint)
            || note.Signatures[0].Signature.Length != SigningKey.SignatureSize)
        {
            return false;
        }

        var cosignatures = new List<Cosignature>();
        foreach (var line in note.Signatures.Skip(1))
        {
            if (!Cosignature.TryFromNote(line, out var cosignature) || cosignatures.Exists(other => other.Name == cosignature.Name))
            {
                return false;
            }

            cosignatures.Add(cosignature);
        }

        signedCheckpoint = new SignedCheckpoint(checkpoint, note.Signatures[0], cosignatures);
        return true;
    }

    internal static SignedCheckpoint Create(Checkpoint checkpoint, NoteSignature logSignature) => new(checkpoint, logSignature, []);
}

/// <summary>Signs checkpoints for the log.</summary>
public static class CheckpointSigner
{
    /// <summary>Signs a checkpoint: ECDSA over its text.</summary>
    /// <param name="key">The log's key, used for nothing else.</param>
    /// <param name="name">The log's name: see <see cref="NoteSignature.IsName"/>.</param>
    /// <param name="checkpoint">What to sign.</param>
    /// <returns>The checkpoint with the log's signature and no cosignature yet.</returns>
    public static SignedCheckpoint Sign(SigningKey key, string name, Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(checkpoint);
        return SignedCheckpoint.Create(checkpoint, new NoteSignature(name, NoteKey.LogHash(name, key.PublicKey), key.Sign(checkpoint.Body())));
    }
}
