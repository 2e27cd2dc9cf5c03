using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Tests;
using CleanRoom.Client.Inbox;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Simulation;

namespace CleanRoom.Client.Tests;

/// <summary>Attacks of a hostile operator on one member's messages (THREATS T16, T24), each against real bytes.</summary>
public class InboxTests
{
    public static TheoryData<string, InboxAlarm> Attacks => new()
    {
        { "gap", InboxAlarm.NumberMissing },
        { "reordered number", InboxAlarm.NumberMissing },
        { "other content under the same number", InboxAlarm.NotInEpoch },
        { "header of another instance", InboxAlarm.WrongSigner },
        { "label removed", InboxAlarm.WrongLabel },
        { "wrong key", InboxAlarm.CannotOpen },
        { "flipped bit", InboxAlarm.NotInEpoch },
        { "other recipient", InboxAlarm.NotForUs },
        { "epoch not in the log", InboxAlarm.UnknownEpoch },
        { "evidence of other code", InboxAlarm.EvidenceRejected },
        { "cosigned too late", InboxAlarm.TooLate },
        { "head left out", InboxAlarm.HeadContradictsLog },
    };

    [Fact]
    public void Judge_HonestFrames_AreReceivedInOrder()
    {
        using var scene = new Scene();
        for (var number = 1; number <= 4; number++)
        {
            var received = Assert.IsType<InboxEvent.Received>(scene.Judge(scene.Frames[number - 1], number));
            Assert.True(received.Message.Simulated);
            Assert.Equal(number, received.Message.Number);
        }
    }

    [Theory, MemberData(nameof(Attacks))]
    public void Judge_Attack_IsRefusedWithItsReason(string what, InboxAlarm expected)
    {
        using var scene = new Scene(simulatedLabel: what != "label removed", headFirst: what != "head left out");
        var frame = scene.Frames[0];
        var flipped = frame.Ciphertext.ToArray();
        flipped[100] ^= 1;
        var result = what switch
        {
            "gap" => scene.Judge(scene.Frames[1], 1),
            "reordered number" => scene.Judge(scene.Frames[0], 2),
            "other content under the same number" => scene.Judge(scene.Frames[1] with { Header = scene.Header(1, Digest.Of(scene.Frames[1].Ciphertext.Span)) }, 1),
            "header of another instance" => scene.Judge(frame with { Header = scene.Header(1, Digest.Of(frame.Ciphertext.Span), SigningKey.Generate()) }, 1),
            "wrong key" => scene.Judge(frame, 1, _ => HpkePrivateKey.Generate()),
            "flipped bit" => scene.Judge(frame with { Ciphertext = flipped }, 1),
            "other recipient" => scene.Judge(frame with { Header = scene.Header(1, Digest.Of(frame.Ciphertext.Span), recipient: scene.Room.A.Id) }, 1),
            "epoch not in the log" => scene.Judge(frame with { Header = scene.Header(1, Digest.Of(frame.Ciphertext.Span), epoch: 2) }, 1),
            "evidence of other code" => scene.With(measurement: 'b').Judge(frame, 1),
            "cosigned too late" => scene.With(untimely: true).Judge(frame, 1),
            _ => scene.Judge(frame, 1),
        };
        Assert.True(expected == (result as InboxEvent.Alarm)?.Reason, $"{what}: {result}");
    }

    [Fact]
    public void Judge_MessagesThatCameTooLateAndAreVoid_AreNoAlarmAndNotRead()
    {
        using var scene = new Scene();
        scene.With(untimely: true);
        Assert.Equal(InboxAlarm.TooLate, Assert.IsType<InboxEvent.Alarm>(scene.Judge(scene.Frames[0], 1)).Reason);
        scene.DeclareVoid();
        Assert.All(scene.Frames, frame => Assert.Null(scene.Judge(frame, 1)));

        // What is void and came in time, because the instance that made it handed it over after all, is read; and what is forged is refused whatever it is called.
        scene.With(untimely: false);
        Assert.IsType<InboxEvent.Received>(scene.Judge(scene.Frames[0], 1));
        scene.With(untimely: true);
        var forged = scene.Frames[0] with { Header = scene.Header(1, Digest.Of(scene.Frames[0].Ciphertext.Span), SigningKey.Generate()) };
        Assert.Equal(InboxAlarm.WrongSigner, Assert.IsType<InboxEvent.Alarm>(scene.Judge(forged, 1)).Reason);
    }

    private sealed class Scene : IEpochFacts, IDisposable
    {
        private readonly HpkePrivateKey _release = HpkePrivateKey.Generate();
        private bool _untimely;
        private char _measurement = 'a';

        public Scene(bool simulatedLabel = true, bool headFirst = true)
        {
            Room = new TestRoom().Running();
            var checkpoint = Room.Cosigned();
            var position = LogPosition.Of(checkpoint.Checkpoint);
            using var secret = SecretBytes.Random(32);
            var sealedMessages = Enumerable.Range(1, 4).Select(number => MessageSeal.Seal(
                number == 1 && headFirst ? new RoomMessage.Head(true, position, 4) : new RoomMessage.Empty(),
                new MessagePlace(Room.Room, Member, number, 1, simulatedLabel),
                Room.Agency.Inbox.PublicKey, Room.Genesis.Epochs.MessageBytes, secret)).ToList();
            var tree = new EpochTree(sealedMessages.Select(message => Digest.Of(message)));
            Room.Accept(Room.EpochOf(1, checkpoint, root: tree.Root), Room.Instance);
            Frames = [.. sealedMessages.Select((message, i) => new MessageFrame(Header(i + 1, Digest.Of(message)), message, tree.Path(i)))];
        }

        public TestRoom Room { get; }

        public IReadOnlyList<MessageFrame> Frames { get; }

        private MemberId Member => Room.Agency.Id;

        public Scene With(bool untimely = false, char measurement = 'a')
        {
            _untimely = untimely;
            _measurement = measurement;
            return this;
        }

        /// <summary>The next instance declares the member's messages of the first epoch void.</summary>
        public void DeclareVoid()
        {
            Room.Accept(Room.InstanceOf(2, Room.NextInstance()), Room.Instance);
            foreach (var member in Room.WithBroker)
            {
                Room.Accept(Room.ReleaseOf(member, 2), member.Verifier);
            }

            Room.Accept(Room.EpochOf(2, Room.Cosigned(), first: 5) with { Void = [new(1, Member)] }, Room.Instance);
        }

        public string Header(long number, Digest ciphertext, SigningKey? key = null, MemberId? recipient = null, long epoch = 1) =>
            new FrameHeader(Room.Room, 1, recipient ?? Member, number, epoch, ciphertext, Room.Genesis.Hash).Sign(key ?? Room.Instance);

        public InboxEvent? Judge(MessageFrame frame, long number, Func<KeyId, HpkePrivateKey?>? key = null) =>
            new FrameJudge(Room.State, this, Member, key ?? Copy).Judge(frame, number);

        public (InstanceEntry Entry, RoomCharter Charter)? InstanceOf(long generation)
        {
            var nonce = new byte[32];
            Assert.True(LaunchMeasurement.TryParse(new string(_measurement, 96), out var measurement));
            using var provider = new SimulatedEvidenceProvider(measurement!);
            var binding = ReportBinding.Compute(nonce, Room.Instance.PublicKey, _release.PublicKey, Room.Genesis.Hash);
            var evidence = provider.GetEvidenceAsync(binding, CancellationToken.None).AsTask().GetAwaiter().GetResult().Json.ToArray();
            return (new InstanceEntry(
                Room.Room, TestRoom.NewId(), Room.Genesis.Hash, new LogPosition(1, Digest.Of("root"u8)), [new InstanceEvidence(Room.A.Id, evidence, nonce)],
                generation, _release.PublicKey, Room.Instance.PublicKey), Room.Genesis);
        }

        public bool IsUntimely(long epoch) => _untimely;

        public void Dispose()
        {
            Room.Dispose();
            _release.Dispose();
        }

        private HpkePrivateKey Copy(KeyId id)
        {
            Assert.Equal(Room.Agency.Inbox.PublicKey.Id, id);
            var scalar = new byte[HpkePrivateKey.Size];
            Room.Agency.Inbox.Export(scalar);
            return HpkePrivateKey.Import(scalar);
        }
    }
}
