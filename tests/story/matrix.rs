//! Which test holds which row of the fault matrix and of the bad inputs, and why a row has none.
//!
//! A test is named by the file it lies in and its name; that each of them is there is tested below.

use std::path::Path;

/// A row and what holds it: tests, or the words of why there is none.
type Held = (&'static [u32], &'static [&'static str]);

/// Faults, FAULTS 6.2.
const FAULTS: &[Held] = &[
    (&[1], &["story/send.rs nobody_listening_leaves_everyone_pending"]),
    (&[2], &["story/faults/opening.rs row_2_packets_go_nowhere"]),
    (&[3], &["story/faults/opening.rs row_3_the_name_does_not_resolve"]),
    (&[4], &["story/faults/opening.rs row_4_no_greeting"]),
    (&[5], &["story/faults/opening.rs row_5_the_greeting_refuses"]),
    (&[6], &["story/faults/opening.rs row_6_busy_twice_and_then_well"]),
    (&[7, 13], &["story/faults/opening.rs rows_7_and_13_a_login_only_under_tls"]),
    (&[8], &["story/faults/opening.rs row_8_plaintext_glued_to_the_reply_to_starttls"]),
    (&[9], &["story/faults/opening.rs row_9_certificates_that_do_not_vouch"]),
    (&[10], &["story/faults/opening.rs row_10_the_handshake_is_reset_once"]),
    (&[11], &["story/faults/opening.rs row_11_a_wrong_password_is_tried_once"]),
    (
        &[12],
        &[
            "story/wire/opening.rs the_login_fails_for_a_while",
            "story/engine/pace.rs a_login_refused_for_now_is_tried_three_times_more_and_then_the_run_stops",
        ],
    ),
    (&[14], &["story/send.rs a_sender_the_relay_refuses_stops_the_run_and_fails_nobody"]),
    (&[15], &["story/faults/letters.rs row_15_the_daily_limit_after_a_hundred"]),
    (&[16], &["story/send.rs a_refused_reader_costs_nobody_else_a_letter_or_a_connection"]),
    (&[17], &["story/faults/letters.rs row_17_a_refusal_that_says_no_more_than_no"]),
    (&[18], &["story/send.rs a_greylisted_reader_is_tried_again"]),
    (
        &[19, 33],
        &[
            "story/faults/letters.rs rows_19_and_33_the_relay_hangs_up_after_rcpt_and_after_it_has_taken_a_letter",
        ],
    ),
    (&[20], &["story/faults/letters.rs row_20_data_is_answered_with_250"]),
    (&[21], &["story/faults/letters.rs row_21_the_go_ahead_never_comes"]),
    (&[22], &["story/faults/letters.rs row_22_the_relay_resets_in_the_middle_of_a_letter"]),
    (&[24], &["story/faults/letters.rs row_24_the_relay_hangs_up_before_the_dot"]),
    (&[25], &["story/faults/letters.rs row_25_the_relay_defers_and_hangs_up_before_the_dot"]),
    (&[23], &["story/faults/letters.rs row_23_the_relay_takes_no_more_of_a_letter"]),
    (
        &[26, 27, 28, 36],
        &["story/faults/letters.rs rows_26_27_28_and_36_no_definite_reply_to_the_dot_leaves_doubt"],
    ),
    (&[29], &["story/faults/letters.rs row_29_a_reply_to_the_dot_that_is_late_but_in_time"]),
    (
        &[30, 32],
        &["story/faults/letters.rs rows_30_and_32_refused_after_data_and_taken_the_next_time"],
    ),
    (&[31], &["story/send.rs a_relay_that_refuses_every_letter_does_not_use_up_the_list"]),
    (
        &[34, 35, 37],
        &["story/faults/letters.rs rows_34_35_and_37_odd_replies_to_the_dot_that_mean_sent"],
    ),
    (
        &[38],
        &[
            "story/send.rs a_relay_that_hangs_up_after_every_few_letters_is_called_again_without_a_word",
        ],
    ),
    (&[39], &["story/faults/letters.rs row_39_a_421_to_mail_after_every_few_letters"]),
    (&[40], &["story/faults/letters.rs row_40_a_reply_without_end_costs_no_memory"]),
    (&[41], &["story/faults/letters.rs row_41_a_letter_larger_than_the_relay_takes"]),
    // In the middle of a body the intent is on disk already, so the letter is in doubt, not pending (docs/adr/0012).
    (
        &[42],
        &[
            "story/crash.rs killed_before_the_body_the_next_run_sends_it_once",
            "story/crash.rs killed_in_the_middle_of_a_body_the_letter_is_in_doubt_though_nobody_has_it",
        ],
    ),
    (
        &[43],
        &[
            "outside/test_ledger.py test_killed_before_the_intent_is_in_the_log_the_letter_is_pending_and_goes",
        ],
    ),
    (
        &[44],
        &[
            "outside/test_ledger.py test_killed_after_the_intent_and_before_the_dot_the_letter_is_in_doubt",
        ],
    ),
    (&[45], &["story/crash.rs killed_with_the_dot_on_its_way_the_letter_is_in_doubt"]),
    (
        &[46],
        &[
            "outside/test_ledger.py test_killed_with_the_answer_only_in_memory_the_letter_is_in_doubt",
        ],
    ),
    (&[47], &["outside/test_ledger.py test_killed_with_the_answer_in_the_log_the_letter_is_sent"]),
    (
        &[48, 49],
        &[
            "story/crash.rs wherever_the_power_fails_an_intent_not_on_disk_is_pending_and_a_lost_answer_is_doubt",
        ],
    ),
    (
        &[50],
        &[
            "story/kills.rs classic_kills_lose_nobody_and_give_nobody_two",
            "story/kills.rs pipelined_kills_lose_nobody_and_give_nobody_two",
        ],
    ),
    (&[51], &["story/signals.rs ctrl_c_waits_for_what_is_under_way_and_the_next_run_goes_on"]),
    (&[52], &["story/signals.rs a_second_signal_leaves_at_once_and_says_who_is_in_doubt"]),
    (
        &[53],
        &[
            "story/signals.rs row_53_a_stop_inside_a_body_drops_the_connection_and_the_letter_is_pending",
        ],
    ),
    (
        &[54],
        &["story/resume.rs a_process_that_is_held_longer_than_the_relay_waits_gives_nobody_two"],
    ),
    (
        &[55],
        &["outside/test_ledger.py test_a_disk_that_is_full_before_the_dot_keeps_the_letter_here"],
    ),
    (
        &[56],
        &["outside/test_ledger.py test_a_disk_that_is_full_after_the_dot_still_takes_the_answer"],
    ),
    (
        &[57],
        &[
            "outside/test_ledger.py test_after_a_failed_fsync_no_further_letter_leaves_and_every_answer_is_kept",
        ],
    ),
    (
        &[58],
        &[
            "outside/test_ledger.py test_a_disk_that_can_only_be_read_is_noticed_before_a_connection",
            "outside/test_ledger.py test_a_ledger_that_is_not_ours_to_write_is_noticed_before_a_connection",
        ],
    ),
    (&[59], &["story/resume.rs a_second_send_is_told_who_holds_the_ledger"]),
    (
        &[60],
        &[
            "story/provenance.rs a_ledger_from_a_backup_is_refused_until_it_is_adopted",
            "outside/test_ledger.py test_a_ledger_brought_to_another_machine_is_refused",
        ],
    ),
    (
        &[61],
        &[
            "story/provenance.rs damage_anywhere_in_the_rows_is_found_or_harmless",
            "story/provenance.rs a_log_that_is_gone_after_a_crash_stops_the_next_send",
        ],
    ),
    (&[62], &["story/resume.rs an_edited_draft_is_noticed_and_the_pinned_text_can_go_on"]),
    (
        &[63],
        &[
            "story/resume.rs who_has_left_the_list_meanwhile_is_left_out",
            "story/suppression.rs a_suppression_during_a_send_is_honoured_and_costs_nobody_else_a_letter",
        ],
    ),
    (&[64], &["story/changes.rs readers_who_join_are_included_when_their_number_is_typed"]),
    (
        &[65],
        &[
            "outside/test_clock.py test_a_day_forward_changes_neither_pace_nor_waiting",
            "outside/test_clock.py test_a_day_back_changes_neither_pace_nor_waiting_and_the_next_send_notices",
        ],
    ),
    (&[66], &["outside/test_ledger.py test_a_finished_issue_opens_no_socket"]),
    (&[67], &["needs a relay that knows letters by a key"]),
    (&[68], &["story/ledger.rs doubt_is_decided_by_a_person_and_by_nobody_else"]),
    (&[69], &["needs reports of the relay to be read"]),
    (
        &[70],
        &[
            "story/suppression.rs a_log_is_honoured_once_and_its_scanners_and_forgeries_change_nothing",
        ],
    ),
    (
        &[71],
        &[
            "story/changes.rs one_reader_of_seven_thousand_without_a_field_stops_the_issue_before_a_connection",
        ],
    ),
    (&[72, 73, 74, 75], &["need PostgreSQL"]),
];

/// Bad inputs, FAULTS 6.3.
const INPUTS: &[Held] = &[
    (
        &[1, 2, 3, 4, 5, 6, 7, 8],
        &[
            "story/bad_input/drafts.rs the_head_of_a_draft",
            "story/bad_input/drafts.rs a_draft_that_is_not_text_of_today",
        ],
    ),
    (&[9, 10, 15, 16, 17, 19], &["story/bad_input/drafts.rs the_body_of_a_draft"]),
    (&[11], &["story/bad_input/drafts.rs what_readers_lack_is_told_with_their_names"]),
    (&[12], &["story/bad_input/drafts.rs what_a_draft_includes"]),
    (&[13, 14], &["story/images.rs images_that_cannot_be_shown_are_all_named_with_their_places"]),
    (&[18], &["story/bad_input/configuration.rs how_readers_leave_in_a_configuration"]),
    (
        &[20],
        &[
            "story/bad_input/drafts.rs the_body_of_a_draft",
            "../src/compose/tree/tests.rs a_body_of_too_many_pieces_is_refused_where_they_become_too_many",
        ],
    ),
    (&[21], &["story/bad_input/relays.rs a_letter_larger_than_the_relay_takes"]),
    (
        &[22, 23, 24, 25, 26, 27, 30, 36],
        &["story/bad_input/configuration.rs the_relay_of_a_configuration"],
    ),
    (&[28, 29], &["story/bad_input/configuration.rs the_newsletter_of_a_configuration"]),
    (
        &[31, 32],
        &["story/bad_input/around.rs secrets_are_neither_shown_nor_taken_from_where_others_read"],
    ),
    (&[33], &["story/dkim.rs a_key_that_cannot_be_trusted_is_refused_by_name"]),
    (&[34], &["story/bad_input/configuration.rs the_signature_of_a_configuration"]),
    (&[35], &["story/bad_input/configuration.rs how_readers_leave_in_a_configuration"]),
    (&[37], &["one configuration is looked for: config.toml in this folder, or --config"]),
    (&[38], &["story/bad_input/configuration.rs the_feedback_id_of_a_configuration"]),
    (&[39, 40, 41, 42], &["story/bad_input/lists.rs a_table"]),
    (&[43], &["story/bad_input/lists.rs a_list", "story/bad_input/lists.rs a_table"]),
    (
        &[44, 45, 46, 47, 49],
        &[
            "story/bad_input/lists.rs a_list",
            "story/bad_input/lists.rs a_list_with_names_that_break_out_or_without_rows",
        ],
    ),
    (&[48], &["story/bad_input/lists.rs the_name_of_a_reader_cannot_leave_its_header"]),
    (&[50], &["story/bad_input/lists.rs duplicates_and_look_alikes_are_told_and_stop_nothing"]),
    (
        &[51],
        &[
            "story/faults/letters.rs a_reader_beyond_ascii_gets_a_letter_where_the_relay_takes_it_and_fails_here_where_not",
        ],
    ),
    (
        &[52],
        &[
            "story/bad_input/lists.rs what_is_no_list",
            "../src/io/files.rs a_file_that_changes_while_it_is_read_is_refused",
        ],
    ),
    (&[53], &["five million rows take minutes: by hand"]),
    (
        &[54],
        &[
            "story/bad_input/replies.rs what_is_not_a_reply_leaves_the_recipient_pending_and_is_shown_as_it_came",
        ],
    ),
    (
        &[55],
        &[
            "story/wire/opening.rs an_ehlo_reply_of_blank_lines_and_a_size_that_is_no_number_changes_nothing",
            "story/bad_input/relays.rs ten_thousand_lines_are_no_reply_to_ehlo",
        ],
    ),
    (&[56], &["story/provenance.rs what_is_no_ledger_of_ours_is_refused_before_a_connection"]),
    (&[57, 58], &["need reports of the relay to be read"]),
    (&[59], &["the page that readers leave by is not ours; its log is read"]),
    (
        &[60],
        &[
            "../src/studio/tests/door.rs foreign_hosts_origins_and_paths_are_refused",
            "story/preview.rs another_host_name_gets_nothing",
        ],
    ),
];

/// The words of why a row has no test name no file.
fn is_test(held: &str) -> bool {
    held.split_once(' ').is_some_and(|(file, _)| file.contains('.'))
}

#[test]
fn every_row_is_held_by_a_test_that_is_there_or_says_why_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for (rows, table) in [(1..=75, FAULTS), (1..=60, INPUTS)] {
        for row in rows {
            assert_eq!(
                table.iter().filter(|(held, _)| held.contains(&row)).count(),
                1,
                "row {row} of {} rows",
                table.len()
            );
        }
        for held in table.iter().flat_map(|(_, held)| *held).filter(|held| is_test(held)) {
            let (file, name) = held.split_once(' ').unwrap();
            let text = std::fs::read_to_string(folder.join(file)).expect(file);
            let (rust, python) = (format!("fn {name}("), format!("def {name}("));
            assert!(text.contains(&rust) || text.contains(&python), "{file} has no test `{name}`");
        }
    }
}
