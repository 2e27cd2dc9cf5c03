namespace CleanRoom.Cryptography.Tests;

public sealed class CheckpointTests
{
    private static readonly DateTimeOffset Noon = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Checkpoint Head = new("cleanroom/room/1", 7, Digest.Of("root"u8));

    [Fact]
    public void ToText_SignedAndCosigned_ParsesToTheSameAndVerifies()
    {
        using var log = SigningKey.Generate();
        using var lotus = SigningKey.Generate();
        using var harbour = SigningKey.Generate();
        var witnesses = new Dictionary<string, VerifyingKey> { ["lotus"] = lotus.PublicKey, ["harbour"] = harbour.PublicKey };
        var text = CheckpointSigner.Sign(log, "operator", Head)
            .WithCosignatures(Cosigner.Cosign(lotus, "lotus", Head, Noon), Cosigner.Cosign(harbour, "harbour", Head, Noon.AddSeconds(1.9)))
            .ToText();
        Assert.StartsWith("cleanroom/room/1\n7\n", text, StringComparison.Ordinal);
        Assert.True(SignedCheckpoint.TryParse(text, out var signed));
        Assert.Equal(text, signed.ToText());
        Assert.Equal(Head, signed.Checkpoint);
        Assert.True(signed.VerifyLog("operator", log.PublicKey));
        Assert.False(signed.VerifyLog("operator", lotus.PublicKey));
        Assert.False(signed.VerifyLog("other", log.PublicKey));
        Assert.Equal(2, signed.CountValid(witnesses));
        Assert.Equal([Noon, Noon.AddSeconds(1)], signed.ValidCosignatures(witnesses).Select(c => c.Time));
    }

    [Fact]
    public void TryParse_AnyCharacterChanged_IsRefusedOrDoesNotVerify()
    {
        using var log = SigningKey.Generate();
        using var lotus = SigningKey.Generate();
        var witnesses = new Dictionary<string, VerifyingKey> { ["lotus"] = lotus.PublicKey };
        var text = CheckpointSigner.Sign(log, "operator", Head).WithCosignatures(Cosigner.Cosign(lotus, "lotus", Head, Noon)).ToText();
        foreach (var changed in Changed.Characters(text).Where(changed => changed != text))
        {
            if (SignedCheckpoint.TryParse(changed, out var signed))
            {
                Assert.Equal(changed, signed.ToText());
                Assert.False(signed.VerifyLog("operator", log.PublicKey) && signed.CountValid(witnesses) == 1, changed);
            }
        }
    }

    [Fact]
    public void CountValid_SameKeyUnderTwoNames_CountsOnce()
    {
        using var log = SigningKey.Generate();
        using var lotus = SigningKey.Generate();
        var witnesses = new Dictionary<string, VerifyingKey> { ["lotus"] = lotus.PublicKey, ["lotus-2"] = lotus.PublicKey };
        var signed = CheckpointSigner.Sign(log, "operator", Head)
            .WithCosignatures(Cosigner.Cosign(lotus, "lotus", Head, Noon), Cosigner.Cosign(lotus, "lotus-2", Head, Noon));
        Assert.Equal(1, signed.CountValid(witnesses));
    }

    [Fact]
    public void CountValid_UnknownWitnessOtherCheckpointOtherKeyOtherTime_CountsNone()
    {
        using var log = SigningKey.Generate();
        using var lotus = SigningKey.Generate();
        using var other = SigningKey.Generate();
        var witnesses = new Dictionary<string, VerifyingKey> { ["lotus"] = lotus.PublicKey };
        var longer = new Checkpoint(Head.Origin, 8, Head.Root);
        var elsewhere = new Checkpoint("cleanroom/room/2", 7, Head.Root);
        var good = Cosigner.Cosign(lotus, "lotus", Head, Noon);
        Cosignature[] wrong =
        [
            Cosigner.Cosign(lotus, "harbour", Head, Noon),
            Cosigner.Cosign(other, "lotus", Head, Noon),
            Cosigner.Cosign(lotus, "lotus", longer, Noon),
            Cosigner.Cosign(lotus, "lotus", elsewhere, Noon),
            new("lotus", good.KeyHash.ToArray(), Noon.ToUnixTimeSeconds() + 1, good.Signature.ToArray()),
        ];
        var signed = CheckpointSigner.Sign(log, "operator", Head);
        Assert.Equal(1, signed.WithCosignatures(good).CountValid(witnesses));
        Assert.All(wrong, cosignature => Assert.Equal(0, signed.WithCosignatures(cosignature).CountValid(witnesses)));
        Assert.Equal(1, signed.WithCosignatures(wrong[1]).WithCosignatures(good).CountValid(witnesses));
    }

    [Fact]
    public void Signature_LogForCosignatureOrViceVersa_DoesNotVerify()
    {
        using var key = SigningKey.Generate();
        var signed = CheckpointSigner.Sign(key, "lotus", Head);
        var cosignature = new Cosignature("lotus", NoteKey.CosignatureHash("lotus", key.PublicKey), Noon.ToUnixTimeSeconds(), signed.LogSignature.ToArray());
        Assert.False(cosignature.Verify(key.PublicKey, Head));
        var line = Cosigner.Cosign(key, "lotus", Head, Noon).ToText();
        Assert.False(SignedCheckpoint.TryParse(Head.ToText() + "\n" + line, out _));
    }

    [Fact]
    public void TryParse_LimitsAndForms_AreHeld()
    {
        using var key = SigningKey.Generate();
        var signed = CheckpointSigner.Sign(key, "operator", Head);
        var log = signed.ToText();
        var line = Cosigner.Cosign(key, "lotus", Head, Noon).ToText();
        Assert.False(SignedCheckpoint.TryParse(log + line + line, out _));
        var many = string.Concat(Enumerable.Range(0, 63).Select(i => line.Replace("lotus", $"w{i}", StringComparison.Ordinal)));
        Assert.True(SignedCheckpoint.TryParse(log + many, out var full));
        Assert.False(SignedCheckpoint.TryParse(log + many + line, out _));
        Assert.Throws<ArgumentException>(() => full.WithCosignatures(Cosigner.Cosign(key, "lotus", Head, Noon)));
        Assert.False(SignedNote.TryParse(new string('a', SignedNote.MaxSize) + "\n\n" + line, out _));
        Assert.True(SignedNote.TryParse("any text\n\nin parts\n\n" + line, out var note));
        Assert.Equal("any text\n\nin parts\n", note.Text);
        string[] wrong =
        [
            "", "\n", "text", "text\n", "text\n\n", "text\n\n\n", "text\n\n" + line.TrimEnd(), "text\n\n" + line + "\n", "text\r\n\n" + line,
            "text\n\n- lotus AAAAAAA=\n", "text\n\n— lo+tus AAAAAAA=\n", "text\n\n—  AAAAAAA=\n", "text\n\n— lotus AAAA\n", "text\n\n— lotus AAAAAAB=\n", "\n" + line, line,
        ];
        Assert.All(wrong, text => Assert.False(SignedNote.TryParse(text, out _), text));
        Assert.False(SignedNote.TryParse(null, out _));
        Assert.Throws<ArgumentException>(() => Cosigner.Cosign(key, "a b", Head, Noon));
        Assert.Throws<ArgumentException>(() => CheckpointSigner.Sign(key, "a\nb", Head));
        Assert.ThrowsAny<ArgumentException>(() => Cosigner.Cosign(key, "a", Head, DateTimeOffset.UnixEpoch));
        Assert.True(Cosignature.TryParse(line, out var cosignature));
        Assert.Equal(line, cosignature.ToText());
        Assert.False(Cosignature.TryParse(line + "\n", out _));
        Assert.False(Cosignature.TryParse(line.TrimEnd(), out _));
        Assert.False(Cosignature.TryParse(log.Split("\n\n")[1], out _));
    }

    [Fact]
    public void Checkpoint_OtherSpellings_AreRefused()
    {
        var text = Head.ToText();
        Assert.True(Checkpoint.TryParse(text, out var parsed));
        Assert.Equal(Head, parsed);
        string[] wrong =
        [
            "", text + "extension\n", text.TrimEnd(), text.Replace("\n7\n", "\n07\n", StringComparison.Ordinal), text.Replace("\n7\n", "\n-7\n", StringComparison.Ordinal),
            text.Replace("\n7\n", "\n+7\n", StringComparison.Ordinal), text.Replace("\n7\n", "\n 7\n", StringComparison.Ordinal),
            text.Replace("\n7\n", "\n9223372036854775807\n", StringComparison.Ordinal), text.Replace("\n7\n", "\n99999999999999999999\n", StringComparison.Ordinal),
            text.Replace("\n7\n", "\n0\n", StringComparison.Ordinal), text.Replace("=\n", "\n", StringComparison.Ordinal), text["cleanroom/room/1".Length..],
        ];
        Assert.All(wrong, other => Assert.False(Checkpoint.TryParse(other, out _), other));
        Assert.Throws<ArgumentException>(() => new Checkpoint("two\nlines", 1, Head.Root));
        Assert.Throws<ArgumentException>(() => new Checkpoint("origin", 0, Head.Root));
        Assert.True(Checkpoint.TryParse(new Checkpoint("origin", 0, MerkleTree.EmptyRoot).ToText(), out _));
    }
}
